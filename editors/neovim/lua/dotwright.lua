-- What code lenses of the dotwright server do in Neovim.

local M = {}

--- Runs a command of dotwright on a pipeline in a terminal below. The path goes to the program as it is, past no shell.
---@param command 'run'|'simulate'
---@param uri string
function M.terminal(command, uri)
  local file = vim.uri_to_fname(uri)
  vim.cmd('silent update')
  vim.cmd('botright new')
  vim.fn.jobstart({ 'dotwright', command, file }, { term = true })
end

--- Shows a view of a pipeline in a read-only buffer beside it.
---@param request 'expand'|'renderDot'
---@param uri string
---@param client_id integer
function M.view(request, uri, client_id)
  local client = assert(vim.lsp.get_client_by_id(client_id))
  client:request('dotwright/' .. request, { textDocument = { uri = uri } }, function(err, answer)
    if err then
      vim.notify(err.message, vim.log.levels.ERROR)
      return
    end
    vim.cmd('vertical new')
    local buffer = vim.api.nvim_get_current_buf()
    vim.api.nvim_buf_set_lines(buffer, 0, -1, false, vim.split(answer.text, '\n'))
    vim.bo[buffer].buftype = 'nofile'
    vim.bo[buffer].bufhidden = 'wipe'
    vim.bo[buffer].modifiable = false
    -- Highlighted as DOT without a second server for it.
    vim.bo[buffer].syntax = 'dot'
  end)
end

--- Lists places of a pipeline in the quickfix window.
---@param uri string
---@param ranges lsp.Range[]
---@param client_id integer
function M.places(uri, ranges, client_id)
  local client = assert(vim.lsp.get_client_by_id(client_id))
  local locations = vim.tbl_map(function(range)
    return { uri = uri, range = range }
  end, ranges)
  local items = vim.lsp.util.locations_to_items(locations, client.offset_encoding)
  vim.fn.setqflist({}, ' ', { title = 'dotwright', items = items })
  vim.cmd('botright copen')
end

return M

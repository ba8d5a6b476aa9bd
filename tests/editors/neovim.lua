-- A person with a broken pipeline in Neovim: sees the diagnostic, applies the fix, renames a node, formats, completes
-- inside a condition. Run by tests/tests/neovim.rs: `nvim --headless -u NONE -i NONE -l neovim.lua PLUGIN FILE`.

local plugin, file = arg[1], arg[2]
local PATIENCE = 20000

local function check(truth, message)
  if not truth then
    io.stderr:write('neovim: ' .. message .. '\n')
    os.exit(1)
  end
end

local function wait(what, condition)
  check(vim.wait(PATIENCE, condition, 20), 'no ' .. what .. ' after ' .. PATIENCE .. ' ms')
end

local function text()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
end

local function put_cursor_behind(needle)
  for number, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    local _, last = line:find(needle, 1, true)
    if last then
      vim.api.nvim_win_set_cursor(0, { number, last })
      return
    end
  end
  check(false, 'the buffer has no ' .. needle .. ':\n' .. text())
end

vim.opt.runtimepath:append(plugin)
vim.cmd('filetype plugin on')
vim.lsp.enable('dotwright')
vim.cmd.edit(file)
check(vim.bo.filetype == 'dot', 'the filetype is ' .. vim.bo.filetype)

local function diagnostic(code)
  return vim.iter(vim.diagnostic.get(0)):find(function(found)
    return found.code == code
  end)
end

-- The diagnostic.
wait('diagnostic', function()
  return diagnostic('undeclared-node') ~= nil
end)
local client = vim.lsp.get_clients({ bufnr = 0, name = 'dotwright' })[1]
check(client, 'the client is not attached')
local found = diagnostic('undeclared-node')
check(found.message:find('publsh', 1, true), 'another message: ' .. found.message)
check(found.severity == vim.diagnostic.severity.ERROR, 'it is no error')

-- Its fix.
vim.api.nvim_win_set_cursor(0, { found.lnum + 1, found.col })
vim.lsp.buf.code_action({
  apply = true,
  filter = function(action)
    return action.title:find('write `publish`', 1, true) ~= nil
  end,
})
wait('fix', function()
  return text():find('test -> publish [', 1, true) ~= nil
end)
wait('end of the diagnostic', function()
  return diagnostic('undeclared-node') == nil
end)

-- Rename, in the declaration, in edges and in a retry target.
put_cursor_behind('test -> publis')
vim.lsp.buf.rename('deploy')
wait('rename', function()
  return text():find('test -> deploy', 1, true) ~= nil
end)
check(text():find('deploy [shape=parallelogram', 1, true), 'the declaration keeps its name:\n' .. text())
check(text():find('retry_target=deploy', 1, true), 'the retry target keeps its name:\n' .. text())
check(not text():find('publish [', 1, true), 'something keeps the old name:\n' .. text())

-- Formatting.
check(text():find('\n      exit', 1, true), 'the line is formatted already')
vim.lsp.buf.format({ async = false, timeout_ms = PATIENCE })
check(text():find('\n    exit [shape=Msquare]', 1, true), 'not formatted:\n' .. text())

-- Completion inside a condition offers what the step before can end with.
put_cursor_behind('outcome=')
local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
local answer = client:request_sync('textDocument/completion', params, PATIENCE, 0)
check(answer and answer.result, 'no completion')
local labels = vim.tbl_map(function(item)
  return item.label
end, answer.result.items or answer.result)
check(vim.tbl_contains(labels, 'success') and vim.tbl_contains(labels, 'fail'), 'completion gives ' .. table.concat(labels, ' '))
check(not vim.tbl_contains(labels, 'partial_success'), 'a tool has no partial success')

-- Hover.
put_cursor_behind('test -> deplo')
local hover = client:request_sync('textDocument/hover', vim.lsp.util.make_position_params(0, client.offset_encoding), PATIENCE, 0)
check(hover and hover.result and vim.inspect(hover.result):find('tool', 1, true), 'hover says nothing of the tool')

-- The server leaves with the editor.
vim.lsp.stop_client(client.id)
wait('end of the server', function()
  return client:is_stopped()
end)
print('neovim: all steps passed')
os.exit(0)

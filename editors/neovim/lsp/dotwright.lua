-- The dotwright language server for `vim.lsp.enable('dotwright')` (Neovim 0.11).
--
-- Change what is here with `vim.lsp.config('dotwright', { ... })`: see |dotwright-settings|.

---@type vim.lsp.Config
return {
  cmd = { 'dotwright', 'lsp' },
  filetypes = { 'dot' },
  root_markers = { 'dotwright.toml', '.git' },
  init_options = {
    settings = {},
    -- What code lenses may call: the commands below.
    clientCommands = {
      'dotwright.run',
      'dotwright.simulate',
      'dotwright.explain',
      'dotwright.showGraph',
      'dotwright.showPlaces',
    },
  },
  commands = {
    ['dotwright.run'] = function(command)
      require('dotwright').terminal('run', command.arguments[1])
    end,
    ['dotwright.simulate'] = function(command)
      require('dotwright').terminal('simulate', command.arguments[1])
    end,
    ['dotwright.explain'] = function(command, context)
      require('dotwright').view('expand', command.arguments[1], context.client_id)
    end,
    ['dotwright.showGraph'] = function(command, context)
      require('dotwright').view('renderDot', command.arguments[1], context.client_id)
    end,
    ['dotwright.showPlaces'] = function(command, context)
      require('dotwright').places(command.arguments[1], command.arguments[3], context.client_id)
    end,
  },
}

-- :LspWalUndo and its like. Without an argument each is about the newest edit.
if vim.g.loaded_lsp_wal then
  return
end
vim.g.loaded_lsp_wal = true

local function command(name, run, description)
  vim.api.nvim_create_user_command(name, function(event)
    run(event.args)
  end, { nargs = '?', desc = description })
end

for name, description in pairs({
  undo = 'Take back the last refactoring, in all its files',
  redo = 'Take back the last undo',
  log = 'What was recorded here',
  show = 'The last refactoring as a diff',
  status = 'What is pending here',
  recover = 'Deal with what a crash left',
}) do
  command('LspWal' .. name:sub(1, 1):upper() .. name:sub(2), function(id)
    require('lsp-wal').execute(name, id)
  end, description)
end

command('LspWalFiles', function(id)
  require('lsp-wal').files(id)
end, 'The places that the last refactoring changed, in the quickfix list')

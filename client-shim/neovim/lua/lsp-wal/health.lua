-- :checkhealth lsp-wal
local M = {}

function M.check()
  local health = vim.health
  local wal = require('lsp-wal')
  health.start('lsp-wal')
  if vim.fn.has('nvim-0.10') == 0 then
    health.error('Neovim 0.10 or later is needed')
    return
  end
  local ok, done = pcall(function()
    return vim.system(vim.list_extend(vim.deepcopy(wal.command), { 'doctor', '--json' }), { text = true }):wait()
  end)
  local parsed, sections = pcall(vim.json.decode, ok and done.stdout or '')
  if not parsed then
    health.error(
      'lsp-wal cannot be run: ' .. (ok and vim.trim(done.stderr) or tostring(done)),
      { 'Put it into PATH, or set require("lsp-wal").command' }
    )
    return
  end
  for _, section in ipairs(sections) do
    for _, finding in ipairs(section.findings) do
      local say = finding.level == 'ok' and health.ok or finding.level == 'warning' and health.warn or health.error
      say(finding.text, finding.level ~= 'ok' and finding.advice and { finding.advice } or nil)
    end
  end
  local clients = wal.clients()
  for _, client in ipairs(clients) do
    health.ok(client.name .. ' runs behind lsp-wal')
  end
  if #clients == 0 then
    health.info('no server runs behind lsp-wal now')
  end
end

return M

-- lsp-wal in Neovim: commands for what the proxy answers, and one line to put it in front of a server.
-- Neovim 0.10 and later. Nothing here is needed for recording and recovery.
local M = {}

--- The command of lsp-wal: an argument list, to which everything else is added.
M.command = { 'lsp-wal' }

--- A server's command with lsp-wal in front of it. `options`: for lsp-wal, as in { '--exclude', '.env' }.
---@param cmd string[]
---@param options? string[]
---@return string[]
function M.wrap(cmd, options)
  local wrapped = {}
  for _, part in ipairs({ M.command, options or {}, { '--' }, cmd }) do
    vim.list_extend(wrapped, part)
  end
  return wrapped
end

---@param client vim.lsp.Client
---@param command string
---@return string?
local function offered(client, command)
  local provider = (client.server_capabilities or {}).executeCommandProvider or {}
  return vim.iter(provider.commands or {}):find(command)
end

--- The clients whose server runs behind lsp-wal, those of the buffer first.
---@param bufnr? integer
---@return vim.lsp.Client[]
function M.clients(bufnr)
  local mine, others = {}, {}
  for _, client in ipairs(vim.lsp.get_clients()) do
    if offered(client, 'lsp-wal.undo') then
      local is_mine = vim.lsp.buf_is_attached(bufnr or 0, client.id)
      table.insert(is_mine and mine or others, client)
    end
  end
  return vim.list_extend(mine, others)
end

local function request(client, params, handler)
  if vim.fn.has('nvim-0.11') == 1 then
    return client:request('workspace/executeCommand', params, handler)
  end
  return client.request('workspace/executeCommand', params, handler)
end

--- Has the proxy carry out one of its commands: 'undo', 'redo', 'log', 'show', 'status', 'recover'.
--- It says itself what became of it. `done`: gets the error, or what came of it.
---@param name string
---@param id? string
---@param done? fun(err: lsp.ResponseError?, result: any)
function M.execute(name, id, done)
  local client = M.clients()[1]
  if client == nil then
    vim.notify('lsp-wal: no server runs behind it here', vim.log.levels.WARN)
    return
  end
  local params = { command = 'lsp-wal.' .. name, arguments = id and id ~= '' and { id } or nil }
  request(client, params, done or function() end)
end

--- The folder of the project: that of the server, or the current one.
local function folder()
  local client = M.clients()[1]
  return client and (client.config.root_dir or client.root_dir) or vim.fn.getcwd()
end

--- Runs lsp-wal, and gives what it prints; nil where it failed, which is shown.
---@param args string[]
---@return string?
function M.run(args)
  local ok, done = pcall(function()
    return vim.system(vim.list_extend(vim.deepcopy(M.command), args), { cwd = folder(), text = true }):wait()
  end)
  if ok and done.code == 0 then
    return done.stdout
  end
  local said = ok and vim.trim(done.stderr ~= '' and done.stderr or done.stdout) or tostring(done)
  vim.notify(said, vim.log.levels.ERROR)
  return nil
end

--- Puts the places that an edit changed into the quickfix list; without an id those of the newest.
---@param id? string
function M.files(id)
  local text = M.run(id and id ~= '' and { 'files', '--vimgrep', id } or { 'files', '--vimgrep' })
  if text == nil then
    return
  end
  local lines = vim.split(vim.trim(text), '\n', { trimempty = true })
  local at = folder()
  local items = vim.fn.getqflist({ lines = lines, efm = '%f:%l:%c:%m' }).items
  -- The paths are those of that folder, which may not be the current one.
  for i, item in ipairs(items) do
    local name = lines[i]:match('^(.-):%d+:%d+:')
    if name then
      item.bufnr = nil
      item.filename = vim.startswith(name, '/') and name or (at .. '/' .. name)
    end
  end
  vim.fn.setqflist({}, ' ', { title = 'lsp-wal files ' .. (id or ''), items = items })
  vim.cmd.copen()
end

return M

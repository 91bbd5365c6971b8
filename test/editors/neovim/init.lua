-- Neovim as its users have it: nothing but the language server set up. 0.10 and later.
local config = vim.json.decode(vim.env.LSP_WAL_TEST)

-- After a crash its user is asked about the swap file, and opens the file all the same.
vim.api.nvim_create_autocmd('SwapExists', {
  callback = function()
    vim.v.swapchoice = 'e'
  end,
})

local function start(buffer)
  vim.lsp.start({
    name = 'words',
    cmd = config.command,
    root_dir = config.root,
    init_options = config.options,
  }, { bufnr = buffer })
end

if config.pasted then
  dofile(config.pasted)
elseif vim.lsp.config then
  vim.lsp.config('words', {
    cmd = config.command,
    filetypes = { config.language },
    root_dir = config.root,
    init_options = config.options,
  })
  vim.lsp.enable('words')
else
  vim.api.nvim_create_autocmd('FileType', {
    pattern = config.language,
    callback = function(event)
      start(event.buf)
    end,
  })
end

-- What the test is: the hands and eyes of a user.
Test = { questions = {} }

local answer
vim.ui.select = function(items, options, choose)
  table.insert(Test.questions, options.prompt)
  answer = function(title)
    for _, item in ipairs(items) do
      if item.title == title then
        answer = nil
        return choose(item)
      end
    end
    error('not to choose from: ' .. title)
  end
end

function Test.answer(title)
  answer(title)
end

local function buffer(name)
  return vim.fn.bufnr(config.root .. '/' .. name)
end

local function show(name)
  vim.cmd.buffer(buffer(name))
end

local function client()
  return vim.lsp.get_clients()[1]
end

function Test.open(name)
  vim.cmd.edit(vim.fn.fnameescape(config.root .. '/' .. name))
end

-- The buffer's server has said what it can, and knows of it.
function Test.attached(name)
  local found = client()
  return found ~= nil and found.initialized == true and vim.lsp.buf_is_attached(buffer(name), found.id)
end

function Test.rename(name, word, new)
  show(name)
  vim.api.nvim_win_set_cursor(0, { 1, 0 })
  vim.fn.search([[\C\<]] .. word .. [[\>]], 'c')
  vim.lsp.buf.rename(new)
end

local function request(method, params, done)
  local found = client()
  if vim.fn.has('nvim-0.11') == 1 then
    found:request(method, params, done, 0)
  else
    found.request(method, params, done, 0)
  end
end

function Test.run(command)
  request('workspace/executeCommand', { command = command }, function() end)
end

function Test.act(name, title)
  show(name)
  local first = vim.api.nvim_buf_get_lines(0, 0, 1, true)[1]
  vim.lsp.buf.code_action({
    range = { start = { 1, 0 }, ['end'] = { 1, #first } },
    filter = function(action)
      return action.title == title
    end,
    apply = true,
  })
end

-- It has no command that asks the server before a file is moved: its users have such lines, or a plugin.
function Test.move(name, new)
  local from, to = config.root .. '/' .. name, config.root .. '/' .. new
  local files = { { oldUri = vim.uri_from_fname(from), newUri = vim.uri_from_fname(to) } }
  request('workspace/willRenameFiles', { files = files }, function(_, edit)
    if edit then
      vim.lsp.util.apply_workspace_edit(edit, client().offset_encoding)
    end
    vim.lsp.util.rename(from, to)
  end)
end

function Test.texts()
  local texts = vim.empty_dict()
  for _, each in ipairs(vim.api.nvim_list_bufs()) do
    local path = vim.api.nvim_buf_get_name(each)
    if vim.api.nvim_buf_is_loaded(each) and vim.startswith(path, config.root .. '/') then
      local newline = vim.bo[each].fileformat == 'dos' and '\r\n' or '\n'
      local lines = vim.api.nvim_buf_get_lines(each, 0, -1, true)
      texts[path:sub(#config.root + 2)] = table.concat(lines, newline) .. newline
    end
  end
  return texts
end

function Test.undo(name)
  show(name)
  vim.cmd.undo()
end

function Test.type(name, line)
  show(name)
  vim.api.nvim_buf_set_lines(0, -1, -1, true, { line })
end

function Test.save(name)
  show(name)
  vim.cmd.write()
end

function Test.save_all()
  vim.cmd.wall()
end

-- The server is started again for every file that has one; :lsp restart does so since 0.12.
function Test.restart()
  local found = client()
  local buffers = {}
  for _, each in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(each) and vim.bo[each].filetype == config.language then
      table.insert(buffers, each)
    end
  end
  if found and vim.fn.exists(':lsp') == 2 then
    vim.cmd.lsp('restart words')
    return
  end
  if found then
    vim.lsp.stop_client(found.id)
    vim.wait(20000, function()
      return vim.lsp.get_client_by_id(found.id) == nil
    end, 20)
  end
  for _, each in ipairs(buffers) do
    start(each)
  end
end

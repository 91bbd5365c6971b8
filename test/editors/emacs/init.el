;;; init.el --- Emacs as its users have it, with one language server  -*- lexical-binding: t; -*-

(setq inhibit-startup-screen t
      vc-handled-backends nil
      make-backup-files nil)            ; every file would have one beside it
(defvar test-config (json-parse-string (getenv "LSP_WAL_TEST")
                                      :null-object nil :false-object :json-false))
(defvar test-root (file-name-as-directory (gethash "root" test-config)))
(defvar test-command (append (gethash "command" test-config) nil))
(defvar test-options (gethash "options" test-config))
(defvar test-client (gethash "client" test-config))
(defvar test-pasted (gethash "pasted" test-config))

(if test-pasted
    (define-derived-mode words-mode js-mode "Words") ; what is pasted is for a mode that Emacs has
  (define-derived-mode words-mode prog-mode "Words"))
(defvar test-language (gethash "language" test-config))
(seq-doseq (each (gethash "endings" test-config))
  (add-to-list 'auto-mode-alist (cons (concat "\\." each "\\'") 'words-mode)))

(require 'project)
(unless test-pasted
  (add-hook 'project-find-functions (lambda (_) (cons 'transient test-root))))

(if (equal test-client "eglot")
    (progn
      (require 'eglot)
      (put 'words-mode 'eglot-language-id test-language)
      (unless test-pasted
        (setq eglot-server-programs (list (cons 'words-mode
                                                (append test-command
                                                        (when test-options
                                                          (list :initializationOptions test-options)))))))
      (add-hook 'words-mode-hook #'eglot-ensure))
  (load "lsp-mode-autoloads" t)         ; without package.el nobody has
  (require 'lsp-mode)
  (setq lsp-client-packages nil
        lsp-session-file (expand-file-name "lsp-session" (getenv "HOME"))
        lsp-enable-suggest-server-download nil
        lsp-enable-snippet nil
        lsp-enabled-clients '(words))
  (add-to-list 'lsp-language-id-configuration (cons 'words-mode test-language))
  (lsp-register-client
   (make-lsp-client :new-connection (lsp-stdio-connection (lambda () test-command))
                    :initialization-options (lambda () test-options)
                    :major-modes '(words-mode) :server-id 'words))
  ;; It asks whether to restart a server as soon as Emacs hears of its end; while emacsclient is answered that would
  ;; keep the answer back.
  (advice-add 'lsp--restart-if-needed :around
              (lambda (ask workspace) (run-at-time 0 nil ask workspace)))
  (lsp-workspace-folders-add (directory-file-name test-root))
  (add-hook 'words-mode-hook #'lsp))
(when test-pasted (load test-pasted nil t t))

;; What the test is: the hands and eyes of a user.

(defvar test-questions nil)
(add-hook 'minibuffer-setup-hook
          (lambda () (push (substring-no-properties (or (minibuffer-prompt) "")) test-questions)))

(defvar test-commands nil)
(defun test-do ()
  (interactive)
  (funcall (pop test-commands)))
(global-set-key [f5] #'test-do)

(defun test-empty-minibuffer ()
  (with-selected-window (active-minibuffer-window) (delete-minibuffer-contents))
  t)

(defmacro test-later (&rest body)
  "Do BODY as a command that was typed: not while emacsclient waits, and with the hooks of a command."
  `(progn (setq test-commands (append test-commands (list (lambda () ,@body)))
                unread-command-events (append unread-command-events '(f5)))
          t))

(defun test-buffer (name)
  (or (get-file-buffer (expand-file-name name test-root))
      (find-file-noselect (expand-file-name name test-root))))

(defun test-open (name)
  (test-later (find-file (expand-file-name name test-root))))

(defun test-attached (name)
  "The buffer's server has said what it can, and knows of it."
  (let ((buffer (get-file-buffer (expand-file-name name test-root))))
    (and buffer
         (with-current-buffer buffer
           (if (equal test-client "eglot")
               (and (eglot-managed-p) (eglot-current-server) t)
             (and (bound-and-true-p lsp-mode)
                  (lsp-workspaces)
                  (seq-every-p (lambda (each) (eq (lsp--workspace-status each) 'initialized))
                               (lsp-workspaces))))))))

(defun test-rename (name word new)
  (test-later
   (switch-to-buffer (test-buffer name))
   (goto-char (point-min))
   (let ((case-fold-search nil)) (re-search-forward (concat "\\_<" word "\\_>")))
   (goto-char (match-beginning 0))
   (setq this-command (if (equal test-client "eglot") 'eglot-rename 'lsp-rename)) ; eglot looks at it
   (funcall this-command new)))

(defun test-execute (command)
  (test-later
   (switch-to-buffer (seq-find #'buffer-file-name (buffer-list)))
   (call-interactively command)))

(defun test-run (command)
  (test-later
   (if (equal test-client "eglot")
       (eglot-execute-command (eglot-current-server) (intern command) [])
     ;; `lsp-workspace-command-execute' waits, and an edit that moves a file makes it wait in vain (10 s).
     (lsp-request-async "workspace/executeCommand" (list :command command) #'ignore))))

(defun test-move (name new)
  (test-later
   (switch-to-buffer (test-buffer name))
   ;; lsp-mode advises `rename-file'; a command that is compiled to machine code, like `rename-visited-file', would
   ;; not heed that in an Emacs without a compiler.
   (rename-file buffer-file-name (expand-file-name new test-root))
   (set-visited-file-name (expand-file-name new test-root) nil t)))

(defun test-texts ()
  (let ((texts (make-hash-table :test 'equal)))
    (dolist (each (buffer-list))
      (with-current-buffer each
        (when (and buffer-file-name (string-prefix-p test-root buffer-file-name))
          (puthash (file-relative-name buffer-file-name test-root)
                   (save-restriction (widen) (buffer-substring-no-properties (point-min) (point-max)))
                   texts))))
    texts))

(defun test-undo (name)
  (with-current-buffer (test-buffer name) (undo-boundary) (let ((last-command nil)) (undo)) t))

(defun test-type (name line)
  (with-current-buffer (test-buffer name) (goto-char (point-max)) (insert line "\n") t))

(defun test-save (name)
  (with-current-buffer (test-buffer name) (save-buffer) t))

(defun test-save-all ()
  (save-some-buffers t) t)

(defun test-restart ()
  (test-later
   (with-current-buffer (seq-find #'buffer-file-name (buffer-list))
     (if (equal test-client "eglot")
         (if (eglot-current-server) (eglot-reconnect (eglot-current-server)) (call-interactively #'eglot))
       (lsp-workspace-restart (car (lsp-workspaces)))))))

(defun test-quit ()
  "Quit; what is not saved is lost."
  (test-later (kill-emacs)))

(defun test-json (value)
  "VALUE for a reader that knows no Lisp."
  (base64-encode-string (encode-coding-string (json-serialize value :false-object nil) 'utf-8) t))

(require 'server)
(setq server-socket-dir (gethash "sockets" test-config)
      server-name "test")
(server-start)

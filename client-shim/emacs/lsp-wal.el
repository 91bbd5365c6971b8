;;; lsp-wal.el --- Undo refactorings that a language server made -*- lexical-binding: t -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "29.1"))
;; Keywords: tools, languages
;; SPDX-License-Identifier: MIT

;;; Commentary:

;; Commands for what lsp-wal answers when it stands in front of a language
;; server, under eglot or lsp-mode, and a function that puts it there.
;; Nothing here is needed for recording and recovery.
;;
;;   (add-to-list 'eglot-server-programs
;;                `(go-ts-mode . ,(lsp-wal-wrap '("gopls"))))

;;; Code:

(require 'seq)

(declare-function eglot-current-server "eglot")
(declare-function eglot-server-capable "eglot")
(declare-function jsonrpc-request "jsonrpc")
(declare-function lsp-can-execute-command? "lsp-mode")
(declare-function lsp-request "lsp-mode")
(declare-function lsp-workspaces "lsp-mode")
(defvar lsp--cur-workspace)

(defgroup lsp-wal nil
  "A write-ahead log in front of language servers."
  :group 'tools
  :prefix "lsp-wal-")

(defcustom lsp-wal-command '("lsp-wal")
  "The command of lsp-wal: a program and its first arguments."
  :type '(repeat string))

;;;###autoload
(defun lsp-wal-wrap (command &rest options)
  "Return COMMAND, a list of strings, with lsp-wal in front of it.
OPTIONS are for lsp-wal, as in \"--exclude\" \".env\"."
  (append lsp-wal-command options '("--") command))

(defun lsp-wal--workspace (command)
  "Return the workspace of lsp-mode whose server knows COMMAND.
A buffer may have several servers, and not all of them behind lsp-wal."
  (seq-find (lambda (each)
              (let ((lsp--cur-workspace each))
                (lsp-can-execute-command? command)))
            (lsp-workspaces)))

(defun lsp-wal--execute (name id)
  "Have the proxy carry out its command NAME for the edit ID, if any.
The proxy itself says what became of it."
  (let* ((command (concat "lsp-wal." name))
         (params (list :command command :arguments (if id (vector id) [])))
         workspace)
    (cond
     ((and (fboundp 'eglot-current-server) (eglot-current-server)
           (seq-contains-p
            (eglot-server-capable :executeCommandProvider :commands) command))
      (jsonrpc-request (eglot-current-server) :workspace/executeCommand params
                       :timeout nil))
     ((and (bound-and-true-p lsp-mode)
           (setq workspace (lsp-wal--workspace command)))
      (let ((lsp--cur-workspace workspace))
        (lsp-request "workspace/executeCommand" params :no-merge t)))
     (t (user-error "No server runs behind lsp-wal here")))))

(defun lsp-wal--read-id (prompt)
  "Ask with PROMPT for an edit's id if there is a prefix argument."
  (when current-prefix-arg
    (let ((id (read-string prompt)))
      (unless (string-empty-p id) id))))

;;;###autoload
(defun lsp-wal-undo (&optional id)
  "Take back the last refactoring, or that called ID, in all its files."
  (interactive (list (lsp-wal--read-id "Undo the edit: ")))
  (lsp-wal--execute "undo" id))

;;;###autoload
(defun lsp-wal-redo (&optional id)
  "Take back the last undo, or that called ID."
  (interactive (list (lsp-wal--read-id "Redo the edit: ")))
  (lsp-wal--execute "redo" id))

;;;###autoload
(defun lsp-wal-recover ()
  "Deal with what a crash left half done."
  (interactive)
  (lsp-wal--execute "recover" nil))

(defun lsp-wal--show (mode &rest args)
  "Show in MODE what lsp-wal prints when called with ARGS."
  (let ((buffer (get-buffer-create (format "*lsp-wal %s*" (car args))))
        (folder default-directory))
    (with-current-buffer buffer
      (setq default-directory folder)
      (let ((inhibit-read-only t))
        (erase-buffer)
        (apply #'process-file (car lsp-wal-command) nil t nil
               (append (cdr lsp-wal-command) args)))
      (funcall mode)
      (setq buffer-read-only t)
      (goto-char (point-min)))
    (pop-to-buffer buffer)))

;;;###autoload
(defun lsp-wal-log ()
  "Show what was recorded here."
  (interactive)
  (lsp-wal--show #'special-mode "log"))

;;;###autoload
(defun lsp-wal-status ()
  "Show what is pending here."
  (interactive)
  (lsp-wal--show #'special-mode "status"))

;;;###autoload
(defun lsp-wal-show (&optional id)
  "Show the last refactoring, or that called ID, as a diff."
  (interactive (list (lsp-wal--read-id "Show the edit: ")))
  (apply #'lsp-wal--show #'diff-mode "show" "-p" (and id (list id))))

;;;###autoload
(defun lsp-wal-files (&optional id)
  "List the places that the last refactoring, or that called ID, changed."
  (interactive (list (lsp-wal--read-id "Files of the edit: ")))
  (apply #'lsp-wal--show #'compilation-mode "files" "--vimgrep"
         (and id (list id))))

(provide 'lsp-wal)
;;; lsp-wal.el ends here

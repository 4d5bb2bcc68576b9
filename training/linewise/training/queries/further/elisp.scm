; Emacs Lisp: trained on, without a name of its own in the model

; Surface
(comment) @comment
[(string) (char)] @string

; Imports
((list . (symbol) @_h) @import (#any-of? @_h "require" "load" "load-file" "load-library"))

; Functions, macros, modes; their documentation
(function_definition docstring: (string)? @docstring) @function_definition @in_function
(macro_definition docstring: (string)? @docstring) @function_definition @in_function
[(function_definition parameters: (list) @not.call) (macro_definition parameters: (list) @not.call)]
((list . (symbol) @_h) @function_definition @in_function (#any-of? @_h
  "cl-defun" "cl-defmacro" "cl-defsubst" "cl-defmethod" "cl-defgeneric" "iter-defun" "define-inline" "defmethod"
  "defadvice" "define-advice" "ert-deftest" "define-minor-mode" "define-derived-mode" "define-generic-mode"
  "define-globalized-minor-mode" "define-compilation-mode" "transient-define-prefix" "transient-define-suffix"
  "transient-define-infix" "transient-define-argument" "evil-define-command" "evil-define-motion"
  "evil-define-operator" "evil-define-text-object" "evil-define-minor-mode" "evil-define-interactive-code"))
((list . (symbol) @_h . (_) . (symbol)? . (list) @not.call . (comment)* . (string)? @docstring) (#any-of? @_h
  "cl-defun" "cl-defmacro" "cl-defsubst" "cl-defmethod" "cl-defgeneric" "iter-defun" "define-inline" "defmethod"
  "defadvice" "define-advice" "ert-deftest" "transient-define-prefix" "transient-define-suffix"
  "transient-define-infix" "transient-define-argument" "evil-define-command" "evil-define-motion"
  "evil-define-operator" "evil-define-text-object"))
((list . (symbol) @_h . (list) @not.call) (#any-of? @_h "cl-defmethod" "cl-defgeneric" "cl-defun"))
((list . (symbol) @_h . (_) . (comment)* . (string) @docstring)
  (#any-of? @_h "define-minor-mode" "cl-defstruct" "evil-define-minor-mode" "evil-define-state"))
((list . (symbol) @_h . (_) . (_) . (_) . (comment)* . (string) @docstring)
  (#any-of? @_h "define-derived-mode" "defclass"))
((list . (symbol) @_h) @function_definition @not.call (#eq? @_h "declare-function"))
((list . (symbol) @_h . (list (list . (symbol) @function_definition @not.call . (list) @not.call) @in_function))
  (#any-of? @_h "cl-flet" "cl-flet*" "cl-labels" "cl-macrolet" "flet" "labels"))
(special_form "lambda" . (list)? @not.call . (string)? @docstring . (_)) @lambda @in_function
(special_form "lambda" . (list) @not.call) @lambda @in_function
((list . (symbol) @_h . (list) @not.call) @lambda @in_function (#any-of? @_h "-lambda" "pcase-lambda"))

; Types; slots
((list . (symbol) @_h) @type_definition @in_type @not.call (#any-of? @_h "cl-defstruct" "defclass" "defstruct"))
((list . (symbol) @_h . (_) [(symbol) (list)] @variable_declaration) (#any-of? @_h "cl-defstruct" "defstruct"))
((list . (symbol) @_h . (_) . (list) . (list (list) @variable_declaration)) (#eq? @_h "defclass"))

; Variables that come into being
(special_form ["defvar" "defconst"] . (symbol) @variable_declaration)
((special_form ["defvar" "defconst"] . (symbol) . (comment)* . (_) . (comment)* . (string) @docstring))
((list . (symbol) @_h . (symbol) @variable_declaration)
  (#any-of? @_h "defcustom" "defvar-local" "defvar-keymap" "defvar-mode-local" "evil-define-local-var"))
((list . (symbol) @_h . (_) . (comment)* . (_) . (comment)* . (string) @docstring)
  (#any-of? @_h "defcustom" "defvar-local" "defgroup" "defface" "evil-define-local-var"))
(special_form ["let" "let*"] . (list [(symbol) @not.call (unquote)] @variable_declaration))
(special_form ["let" "let*"] . (list (list . [(symbol) (unquote)] @variable_declaration @not.call)))
((list . (symbol) @_h . (list (symbol) @variable_declaration @not.call)) (#any-of? @_h "dlet" "letrec" "-let*" "async-let"))
((list . (symbol) @_h . (list (list . [
  (symbol) @variable_declaration @not.call (vector) @variable_declaration (quote) @variable_declaration @not.call
  (list) @variable_declaration @not.call
])) (#any-of? @_h "dlet" "letrec" "async-let" "if-let" "if-let*" "when-let" "when-let*" "and-let*" "while-let" "pcase-let"
  "pcase-let*" "-let" "-let*" "-when-let" "-when-let*" "-if-let" "-if-let*" "cl-symbol-macrolet")))
((list . (symbol) @_h . (list . [(symbol) (vector)] @variable_declaration @not.call))
  (#any-of? @_h "if-let" "when-let" "-let" "-when-let" "-if-let"))
((list . (symbol) @_h . (list) @variable_declaration @not.call)
  (#any-of? @_h "cl-destructuring-bind" "cl-multiple-value-bind" "seq-let" "destructuring-bind" "with-slots"))

; Assignments, each on the line of its place
(special_form ["setq" "setq-default"] . (comment)* . [(symbol) (unquote)] @assignment)
(special_form ["setq" "setq-default"] . (_) . (_) . (comment)* . (symbol) @assignment . (_))
(special_form ["setq" "setq-default"] . (_) . (_) . (comment)* . (_) . (_) . (comment)* . (symbol) @assignment . (_))
(special_form ["setq" "setq-default"] . (_) . (_) . (comment)* . (_) . (_) . (comment)* . (_) . (_) . (comment)* . (symbol) @assignment . (_))
(special_form ["setq" "setq-default"] . (_) . (_) . (_) . (_) . (_) . (_) . (_) . (_) . (symbol) @assignment . (_))
(special_form ["setq" "setq-default"] . (_) . (_) . (_) . (_) . (_) . (_) . (_) . (_) . (_) . (_) . (symbol) @assignment . (_))
((list . (symbol) @_h . (_) @assignment)
  (#any-of? @_h "setf" "setq-local" "cl-incf" "cl-decf" "cl-psetq" "cl-psetf" "pcase-setq" "incf" "decf"))
((list . (symbol) @_h . (_) . (_) . (comment)* . (_) @assignment . (_))
  (#any-of? @_h "setf" "setq-local" "cl-psetq" "cl-psetf"))
((list . (symbol) @_h . (_) . (_) . (comment)* . (_) . (_) . (comment)* . (_) @assignment . (_))
  (#any-of? @_h "setf" "setq-local" "cl-psetq" "cl-psetf"))
((list . (symbol) @_h . (list . (symbol) @not.call)) (#any-of? @_h "setf" "cl-incf" "cl-decf" "incf" "decf"))
((list . (symbol) @_h . (list (list . (list . (symbol) @not.call) @assignment))) (#any-of? @_h "cl-letf" "cl-letf*"))

((list . (symbol) @_h . (list (list . (symbol) @variable_declaration @not.call)))
  (#any-of? @_h "cl-letf" "cl-letf*" "cl-do" "cl-do*"))

; Control flow
(special_form "while") @loop @in_loop
((list . (symbol) @_h) @loop @in_loop (#any-of? @_h
  "dolist" "dotimes" "cl-dolist" "cl-dotimes" "cl-loop" "cl-do" "cl-do*" "loop" "pcase-dolist" "while-let"
  "dolist-with-progress-reporter" "dotimes-with-progress-reporter" "cl-do-symbols" "-dotimes*" "helm-awhile"))
((list . (symbol) @_h . (list . (_) @not.call))
  (#any-of? @_h "dolist" "dotimes" "cl-dolist" "cl-dotimes" "pcase-dolist" "dolist-with-progress-reporter"
  "dotimes-with-progress-reporter"))
((list . (symbol) @_h (symbol) @_for . (list) @not.call)
  (#any-of? @_h "cl-loop" "loop") (#any-of? @_for "for" "with" "and"))
(special_form ["if" "cond"]) @conditional @in_conditional
(special_form "cond" (list) @conditional)
(special_form "cond" (list . (symbol) @not.call))
((list . (symbol) @_h) @conditional @in_conditional (#any-of? @_h
  "when" "unless" "if-let" "if-let*" "when-let" "when-let*" "-when-let" "-when-let*" "-if-let" "-if-let*" "--when-let"
  "--if-let" "pcase" "pcase-exhaustive" "cl-case" "cl-ecase" "cl-typecase" "cl-etypecase" "case" "ecase" "helm-acase"
  "helm-aif" "helm-acond" "projectile--acond" "magit-section-case"))
((list . (symbol) @_h (list) @conditional) (#any-of? @_h "helm-acond" "projectile--acond" "magit-section-case"))
((list . (symbol) @_h (list . (symbol) @not.call))
  (#any-of? @_h "helm-acond" "projectile--acond" "magit-section-case"))
((list . (symbol) @_h . (_) (list . (_) @not.call) @conditional)
  (#any-of? @_h "pcase" "pcase-exhaustive" "cl-case" "cl-ecase" "cl-typecase" "cl-etypecase" "case" "ecase" "helm-acase"))
((list . (symbol) @return) (#any-of? @return "cl-return" "cl-return-from" "iter-yield"))

; Exceptions
(special_form ["condition-case" "unwind-protect" "catch"]) @exception @in_exception
(special_form "condition-case" . (_) . (comment)* . (_) (list . (_) @not.call) @exception)
((list . (symbol) @_h . (_) . (_) (list . (_) @not.call) @exception) (#eq? @_h "condition-case-unless-debug"))
((list . (symbol) @_h) @exception @in_exception
  (#any-of? @_h "ignore-errors" "ignore-error" "with-demoted-errors" "condition-case-unless-debug"))
((list . (symbol) @exception) (#any-of? @exception "signal" "throw"))

; Calls: lists in evaluated places whose head is no syntax
((list . (symbol) @call)
  (#not-match? @call "^([:&.,]|nil$|t$|cl-(def|flet|labels|macrolet|case|ecase|typecase|etypecase|letf|incf|decf|psetq|psetf|loop|dolist|dotimes|do$|do[*]$|do-symbols$|return|destructuring-bind|multiple-value-bind|symbol-macrolet)|def(custom|var-local|var-keymap|method|advice|struct|class)|define-(inline|advice|(derived|minor|generic|globalized-minor|compilation)-?(minor-)?mode)$|transient-define-|evil-define-(command|motion|operator|text-object|minor-mode|interactive-code|local-var)$|iter-defun|ert-deftest|(if|when|and|while)-let[*]?$|--?(if|when)-let[*]?$|-let[*]?$|(async-|d)let$|letrec$|pcase(-let[*]?|-dolist|-exhaustive|-lambda|-setq)?$|dolist|dotimes|loop$|helm-(aif|acond|acase|awhile)$|projectile--acond$|magit-section-case$|when$|unless$|case$|ecase$|flet$|labels$|setf$|setq-local$|incf$|decf$|ignore-errors?$|with-demoted-errors$|condition-case-unless-debug$|signal$|throw$|iter-yield$|-lambda$|(cl-)?declare$|declare-function$|interactive$|destructuring-bind$|seq-let$|with-slots$)"))

; Lists that are data
((list . (symbol) @_h) @not.call (#any-of? @_h "declare" "cl-declare"))
((list . (symbol) @_h (list) @not.call) (#any-of? @_h "rx" "rx-define" "flycheck-define-checker" "def-edebug-spec"))
(vector) @not.call
((list . (symbol) @_h (quote "`") @not.call) (#eq? @_h "defcustom"))
((list . (symbol) @_h . (list . (_) @not.call)) (#any-of? @_h
  "magit-insert-section" "magit-bind-match-strings" "evil-motion-loop" "helm-with-gensyms"))
((list . (symbol) @_h . (_) . (list . (_) @not.call)) (#any-of? @_h
  "gv-define-setter" "evil-define-interactive-code"))
((list . (symbol) @_h (symbol) @_key . (list . (_) @not.call))
  (#eq? @_h "evil-define-state") (#any-of? @_key ":enable" ":cursor" ":exit-hook" ":entry-hook"))
(special_form "quote" (_) @not.call)
(quote "'" [
  (list) (vector) (special_form ["if" "cond" "while" "let" "let*" "setq" "setq-default" "and" "or" "catch" "defvar" "quote"])
] @not.call @not.conditional @not.in_conditional @not.loop @not.in_loop @not.variable_declaration @not.assignment
  @not.exception @not.in_exception @not.import @not.function_definition @not.return)

; A backquoted list is code where a macro's body or its own head says so, else data; what is unquoted in it is code
([
  (list (quote "`" (list . (symbol) @_h @not.call))) (special_form (quote "`" (list . (symbol) @_h @not.call)))
  (function_definition (quote "`" (list . (symbol) @_h @not.call)))
  (list (quote "`" (list . (symbol) @_h (list . (symbol) @not.call))))
  (special_form (quote "`" (list . (symbol) @_h (list . (symbol) @not.call))))
  (function_definition (quote "`" (list . (symbol) @_h (list . (symbol) @not.call))))
  (list (quote "`" (list . (symbol) @_h (list (list . (symbol) @not.call)))))
  (special_form (quote "`" (list . (symbol) @_h (list (list . (symbol) @not.call)))))
  (function_definition (quote "`" (list . (symbol) @_h (list (list . (symbol) @not.call)))))
] (#not-match? @_h "^(with-|when|unless|do(list|times)|cl-|def|pcase|setf|push|if-let|save-|eval-|add-|put$|fset|define-)"))
(quote "`" (list . [(list) (unquote) (unquote_splice) (string) (integer) (quote) (vector) (char)] (list . (symbol) @not.call)))
(quote "`" (list . (list . (symbol) @not.call)))
(quote "`" (list . [(list) (unquote) (unquote_splice) (string) (integer) (quote) (vector)] (list (list . (symbol) @not.call))))
(quote "`" (list . (list (list . (symbol) @not.call))))

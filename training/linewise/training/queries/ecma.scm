; What JavaScript and TypeScript have in common.

; Surface
[(comment) (html_comment)] @comment
[(string) (template_string) (regex)] @string
(template_substitution) @code

; Modules
(import_statement) @import
(export_statement source: (_)) @import
(call_expression function: (import)) @import
(call_expression function: (identifier) @_require (#eq? @_require "require")) @import
(variable_declarator value: (call_expression function: (import))) @import
(variable_declarator value: (await_expression (call_expression function: (import)))) @import
(variable_declarator value: (call_expression function: (identifier) @_require) (#eq? @_require "require")) @import
(variable_declarator
  value: (member_expression object: (call_expression function: (identifier) @_require))
  (#eq? @_require "require")) @import
(variable_declarator
  value: (call_expression function: (call_expression function: (identifier) @_require))
  (#eq? @_require "require")) @import

; Definitions
[(function_declaration) (generator_function_declaration)] @function_definition @in_function
(method_definition name: (_) @function_definition) @in_function
[(function_expression) (generator_function) (arrow_function)] @lambda @in_function
[(class_declaration) (class)] @type_definition @in_type
(decorator) @annotation

; Variables
(variable_declarator) @variable_declaration
[(assignment_expression) (augmented_assignment_expression) (update_expression)] @assignment
; A loop variable without a keyword of its own is no assignment, and one with it no declarator.

; Control flow
[(for_statement) (for_in_statement) (while_statement) (do_statement)] @loop @in_loop
(do_statement "do" @block_word)
(do_statement "while" @loop)
[(if_statement) (switch_statement)] @conditional @in_conditional
[(else_clause) (switch_case) (switch_default) (ternary_expression)] @conditional
[(return_statement) (yield_expression)] @return
[(break_statement) (continue_statement)] @jump
(try_statement) @exception @in_exception
[(catch_clause) (finally_clause) (throw_statement)] @exception

; Calls, each where its callee is named
(call_expression function: (member_expression property: (_) @call))
(call_expression function: [(identifier) (super) (import)] @call)
(call_expression
  function: [
    (call_expression) (subscript_expression) (parenthesized_expression) (function_expression) (arrow_function)
    (await_expression) (new_expression) (class) (this)
  ] @call)
(new_expression) @call

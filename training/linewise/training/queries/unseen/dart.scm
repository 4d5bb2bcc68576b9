; Dart, for testing only: no training data holds it.

; Surface
[(comment) (documentation_comment)] @comment
(string_literal) @string
(template_substitution) @code
(annotation) @annotation

; Modules
[(import_or_export) (part_directive)] @import
[(library_name) (part_of_directive)] @module_declaration

; Functions, each on the line of its name; what follows a signature is its body
(function_signature name: (_) @function_definition)
(getter_signature name: (_) @function_definition)
(setter_signature name: (_) @function_definition)
(operator_signature "operator" @function_definition)
[(constructor_signature) (constant_constructor_signature)] @function_definition
[(factory_constructor_signature) (redirecting_factory_constructor_signature)] @function_definition
(class_body (method_signature) @in_function . (function_body) @in_function)
(extension_body (method_signature) @in_function . (function_body) @in_function)
(program [(function_signature) (getter_signature) (setter_signature)] @in_function . (function_body) @in_function)
(local_function_declaration) @in_function
(function_expression) @lambda @in_function

; Types
[
  (class_definition) (mixin_declaration) (enum_declaration) (extension_declaration) (extension_type_declaration)
] @type_definition @in_type
(type_alias) @type_definition

; Variables, each declarator on its line
[
  (initialized_identifier) (static_final_declaration) (initialized_variable_definition)
  (pattern_variable_declaration)
] @variable_declaration
[(assignment_expression) (postfix_expression (postfix_operator))] @assignment
(unary_expression (increment_operator)) @assignment
(cascade_section "=" (_)) @assignment

; Control flow
[(for_statement) (while_statement) (do_statement)] @loop @in_loop
(do_statement "do" @block_word)
(do_statement "while" @loop)
[(if_statement) (switch_statement) (switch_expression)] @conditional @in_conditional
(if_statement "else" @conditional)
[
  (switch_statement_case) (switch_statement_default) (switch_expression_case) (conditional_expression)
] @conditional
[(return_statement) (yield_statement) (yield_each_statement)] @return
[(break_statement) (continue_statement)] @jump
(try_statement) @exception @in_exception
(try_statement "on" @exception)
[(catch_clause) (finally_clause) (throw_expression) (rethrow_expression)] @exception

; Calls, each where its callee is named
(_ (identifier) @call . (selector (argument_part)))
(_ (selector (unconditional_assignable_selector (identifier) @call)) . (selector (argument_part)))
(_ (selector (conditional_assignable_selector (identifier) @call)) . (selector (argument_part)))
(_ (unconditional_assignable_selector (identifier) @call) . (selector (argument_part)))
(_ (parenthesized_expression) @call . (selector (argument_part)))
(cascade_section (cascade_selector (identifier) @call) . (argument_part))
[(new_expression) (const_object_expression)] @call
(initializer_list_entry (super) @call (arguments))
(redirection) @call

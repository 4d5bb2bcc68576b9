; OCaml: trained on, without a name of its own in the model

; Surface; `(** … *)` is documentation by the profile's pattern
[(comment) (shebang)] @comment
[(string) (quoted_string) (character) (quoted_extension) (quoted_item_extension)] @string
["begin" "end" "do" "done" "then"] @block_word
(line_number_directive) @preprocessor
[(attribute) (item_attribute) (floating_attribute)] @annotation @not.call @not.variable_declaration

; Modules
(open_module [(module_path) (module_application)]) @import
(include_module [(module_path) (module_application)]) @import
(include_module_type [(module_type_path) (module_type_of)]) @import
((toplevel_directive (directive) @_use) @import (#any-of? @_use "#use" "#require" "#load" "#mod_use"))
(module_definition) @module_declaration
(module_definition "and" @module_declaration)
(module_type_definition) @module_declaration

; Values; with parameters they are functions
(let_binding pattern: (_) @variable_declaration)
(let_binding pattern: [(unit) (string)] @not.variable_declaration)
(let_binding pattern: (_) @function_definition @not.variable_declaration (parameter)) @in_function
[(value_specification) (external)] @variable_declaration
(value_specification type: [(function_type) (polymorphic_type (function_type))]) @function_definition @not.variable_declaration
(external type: [(function_type) (polymorphic_type (function_type))]) @function_definition @not.variable_declaration
[(fun_expression) (function_expression)] @lambda @in_function

; Types and their fields
(type_definition) @type_definition
(type_definition "and" @type_definition)
(type_binding body: [(variant_declaration) (record_declaration)]) @in_type
(type_binding equation: [(polymorphic_variant_type) (object_type)]) @in_type
(exception_definition) @type_definition
(field_declaration) @variable_declaration

; Classes
[(class_definition) (class_type_definition)] @type_definition @in_type
(class_definition "and" @type_definition)
(object_expression) @type_definition @in_type
(class_definition (class_binding body: (object_expression) @not.type_definition))
(method_definition) @function_definition
(method_definition body: (_)) @in_function
(method_specification) @function_definition
[(instance_variable_definition) (instance_variable_specification)] @variable_declaration

; Assignments
(infix_expression operator: (assign_operator)) @assignment
(set_expression) @assignment

; Control flow; the arms of a handler are conditional without a region
[(for_expression) (while_expression)] @loop @in_loop
(if_expression) @conditional @in_conditional
(else_clause "else" @conditional)
[(match_expression) (function_expression)] @conditional @in_conditional
[(match_case) (guard)] @conditional
(try_expression) @exception @in_exception
(try_expression "with" @exception)

; Calls, each where its callee is named
(application_expression function: (value_path (value_name) @call))
(application_expression function: (constructor_path (constructor_name) @call))
(application_expression function: [(parenthesized_expression) (field_get_expression) (tag) (extension) (local_open_expression)] @call)
(new_expression) @call
(method_invocation method: (_) @call)
(infix_expression left: (value_path (value_name) @call) operator: (concat_operator) @_apply (#eq? @_apply "@@"))
(infix_expression operator: (rel_operator) @_apply right: (value_path (value_name) @call) (#eq? @_apply "|>"))
((application_expression function: (value_path (value_name) @exception @not.call))
  (#any-of? @exception "raise" "raise_notrace" "raise_with_backtrace" "reraise"))
((infix_expression left: (value_path (value_name) @exception @not.call) operator: (concat_operator) @_apply)
  (#any-of? @exception "raise" "raise_notrace") (#eq? @_apply "@@"))

; D: trained on, without a name of its own in the model

; Surface
[(comment) (shebang)] @comment
[(string_literal) (char_literal)] @string
(directive) @preprocessor
(do) @block_word

; Modules
(module_declaration (module) @module_declaration)
[(import_declaration) (import_expression)] @import

; Functions, each on the line of its name; unit tests and invariants are of their kind
(function_declaration (identifier) @function_definition)
(function_declaration (function_body (block_statement))) @in_function
(function_declaration (function_body . "=>")) @in_function
[(constructor (this) @function_definition) (destructor (this) @function_definition)]
(postblit (this) @function_definition)
(parameters (parameter (this) @not.function_definition))
[
  (constructor (function_body (block_statement)))
  (destructor (function_body (block_statement)))
  (postblit (function_body (block_statement)))
] @in_function
(unittest_declaration (unittest) @function_definition) @in_function
(invariant_declaration (invariant) @function_definition) @in_function
(function_literal) @lambda @in_function

; Types; an alias is one of them, a template is a scope and no type
(class_declaration (class) @type_definition (aggregate_body)) @in_type
(struct_declaration (struct) @type_definition (aggregate_body)) @in_type
(union_declaration (union) @type_definition (aggregate_body)) @in_type
(interface_declaration (interface) @type_definition (aggregate_body)) @in_type
(enum_declaration (enum) @type_definition "{") @in_type
(anonymous_enum_declaration (enum) @type_definition) @in_type
(mixin_template_declaration) @type_definition @in_type
(new_expression (class) @type_definition (aggregate_body) @in_type)
(alias_declaration) @type_definition
(at_attribute) @annotation @not.call

; Variables, each declarator on its line; members of an enum are none
(variable_declaration (declarator) @variable_declaration)
(variable_declaration (bitfield_declarator) @variable_declaration)
(auto_declaration variable: (_) @variable_declaration)
(manifest_declarator) @variable_declaration
(if_condition (identifier) @variable_declaration . "=")
[(assignment_expression) (alias_reassign)] @assignment
(postfix_expression operator: ["++" "--"]) @assignment
(unary_expression operator: ["++" "--"]) @assignment

; Control flow; `version` and `debug` are none, but their `else` is like any other
(for_statement (for) @loop) @in_loop
(while_statement (while) @loop) @in_loop
(do_statement [(do) (while)] @loop) @in_loop
(foreach_statement [(foreach) (foreach_reverse)] @loop) @in_loop
[(static_foreach_statement) (static_foreach_declaration)] @loop @in_loop
(if_statement (if) @conditional) @in_conditional
(conditional_statement (condition (static_if_condition) @conditional)) @in_conditional
(conditional_declaration (condition (static_if_condition) @conditional)) @in_conditional
[(if_statement (else) @conditional) (conditional_statement (else) @conditional)]
(conditional_declaration (else) @conditional)
(switch_statement) @conditional @in_conditional
(final_switch_statement) @conditional @in_conditional
[(case_statement) (ternary_expression)] @conditional
(return_statement) @return
[(break_statement) (continue_statement) (goto_statement)] @jump
(try_statement) @exception @in_exception
[(catch_statement) (finally_statement) (throw_expression)] @exception

; Calls, each where its arguments open, or where its callee is named if that takes arguments of its own; a member with
; template arguments is called also where it has no others
(call_expression (named_arguments) @call)
(call_expression . (new_expression) (named_arguments "(" @not.call))
(call_expression . (throw_expression) (named_arguments "(" @not.call))
(call_expression . (template_instance . (identifier) @call) (named_arguments "(" @not.call))
(call_expression . (type (template_instance . (identifier) @call) .) (named_arguments "(" @not.call))
(call_expression . (property_expression (template_instance . (identifier) @call) .) (named_arguments "(" @not.call))
(property_expression (template_instance . (identifier) @call))
(new_expression) @call
(mixin_expression (mixin) @call)
(assert_expression) @call
(static_assert (assert_expression) @not.call)
(import_expression) @call

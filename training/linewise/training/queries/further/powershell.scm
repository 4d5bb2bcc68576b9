; PowerShell: trained on, without a name of its own in the model

; Surface; comment-based help is told by its content, so it is no documentation by form
(comment) @comment
(string_literal) @string
[
  (verbatim_string_characters) (verbatim_here_string_characters)
  (expandable_string_literal) (expandable_here_string_literal)
] @string
(expandable_string_literal [(variable) (sub_expression)] @code)
(expandable_here_string_literal [(variable) (sub_expression)] @code)
(do_statement "do" @block_word)

; Imports: `using`, dot-sourced files, Import-Module
((command command_name: (command_name) @_using) @import @not.call (#match? @_using "(?i)^using$"))
((command command_name: (command_name) @_import) @import
  (#match? @_import "(?i)^(import-module|ipmo|import-dscresource)$"))
((command (command_invokation_operator) @_dot command_name:
  (command_name_expr [(command_name) (path_command_name) (string_literal)])) @import
  (#eq? @_dot "."))

; Definitions
(function_statement) @function_definition @in_function @scope
(class_method_definition (simple_name) @function_definition) @in_function @scope
(script_block_expression) @lambda @in_function @scope.open
[(class_statement) (enum_statement)] @type_definition @in_type
(class_property_definition (variable) @variable_declaration @bound)
(attribute (attribute_name)) @annotation

; Parameters and loop variables
(script_parameter (variable) @bound)
(class_method_parameter (variable) @bound)
(foreach_statement (variable) @bound)

; Names. `$script:x` and the like, and variables that are there from the start, are never declared
(assignment_expression
  (left_assignment_expression (logical_expression (bitwise_expression (comparison_expression (additive_expression
    (multiplicative_expression (format_expression (range_expression (array_literal_expression (unary_expression [
      (variable) @binding
      (expression_with_unary_operator (cast_expression (unary_expression (variable) @binding)))
      (expression_with_unary_operator (cast_expression (unary_expression
        (expression_with_unary_operator (cast_expression (unary_expression (variable) @binding))))))
      (member_access) @assignment
      (element_access) @assignment
    ])))))))))))
((assignment_expression
  (left_assignment_expression (logical_expression (bitwise_expression (comparison_expression (additive_expression
    (multiplicative_expression (format_expression (range_expression (array_literal_expression (unary_expression
      (variable) @assignment @not.binding)))))))))))
  (#match? @assignment "(?i)^[$][{]?(\\w+:|(null|_|this|args|input|matches|lastexitcode|\\w+preference)[}]?$)"))
((assignment_expression (left_assignment_expression) @assignment @not.binding (assignement_operator) @_operator)
  (#not-eq? @_operator "="))
[
  (pre_increment_expression) (pre_decrement_expression) (post_increment_expression) (post_decrement_expression)
] @assignment

; Control flow
[(foreach_statement) (for_statement) (while_statement)] @loop @in_loop
(do_statement ["while" "until"] @loop) @loop @in_loop
[(if_statement) (switch_statement)] @conditional @in_conditional
[(elseif_clause) (else_clause) (switch_clause)] @conditional
(flow_control_statement "return" @return)
(flow_control_statement ["break" "continue"] @jump)
(flow_control_statement "exit" @call)
(flow_control_statement "throw" @exception)
(try_statement) @exception @in_exception
[(catch_clause) (finally_clause) (trap_statement)] @exception

; Calls, each where its callee is named
(command) @call
(invokation_expression (member_name) @call)
(invokation_foreach_expression) @call

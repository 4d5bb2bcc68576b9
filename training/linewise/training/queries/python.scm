; Surface
(comment) @comment
(string) @string
(interpolation) @code
(module . (comment)* . (expression_statement . [(string) (concatenated_string)] @docstring @not.string .))
(class_definition body: (block . (comment)* . (expression_statement . [(string) (concatenated_string)] @docstring @not.string .)))
(function_definition body: (block . (comment)* . (expression_statement . [(string) (concatenated_string)] @docstring @not.string .)))

; Modules
[(import_statement) (import_from_statement) (future_import_statement)] @import
(import_statement name: (dotted_name . (identifier) @bound))
(import_from_statement name: (dotted_name (identifier) @bound))
(aliased_import alias: (identifier) @bound)

; Definitions
(function_definition name: (identifier) @bound.outer) @function_definition @in_function @scope
(class_definition name: (identifier) @bound.outer) @type_definition @in_type @scope
(type_alias_statement) @type_definition
(lambda) @lambda @in_function @scope
(decorator) @annotation

; Parameters
(parameters (identifier) @bound)
(lambda_parameters (identifier) @bound)
(default_parameter name: (identifier) @bound)
(typed_default_parameter name: (identifier) @bound)
(typed_parameter . (identifier) @bound)
(typed_parameter . (list_splat_pattern (identifier) @bound))
(typed_parameter . (dictionary_splat_pattern (identifier) @bound))
(parameters [(list_splat_pattern (identifier) @bound) (dictionary_splat_pattern (identifier) @bound)])
(lambda_parameters [(list_splat_pattern (identifier) @bound) (dictionary_splat_pattern (identifier) @bound)])

; Bindings
(assignment left: (identifier) @binding !type)
(assignment left: (identifier) @variable_declaration @bound type: (_))
(assignment left: [(attribute) (subscript)] @assignment right: (_))
(assignment left: [(attribute) (subscript)] @variable_declaration !right)
(pattern_list [(identifier) @binding (list_splat_pattern (identifier) @binding) [(attribute) (subscript)] @assignment])
(tuple_pattern [(identifier) @binding (list_splat_pattern (identifier) @binding) [(attribute) (subscript)] @assignment])
(list_pattern [(identifier) @binding (list_splat_pattern (identifier) @binding) [(attribute) (subscript)] @assignment])
(augmented_assignment) @assignment
(named_expression name: (identifier) @binding)
(as_pattern_target [(identifier) @binding [(attribute) (subscript)] @assignment])
(as_pattern_target (tuple [(identifier) @binding [(attribute) (subscript)] @assignment]))
(as_pattern_target (list [(identifier) @binding [(attribute) (subscript)] @assignment]))
(except_clause (as_pattern alias: (_) @bound.within))
(global_statement (identifier) @outward)
(nonlocal_statement (identifier) @bound)
(for_statement left: (identifier) @bound)
(for_statement left: (_) @bound.within @not.assignment)
(for_in_clause left: (_) @not.binding @not.assignment)
(case_pattern (dotted_name . (identifier) @bound .))
(splat_pattern (identifier) @bound)
(case_pattern (as_pattern (identifier) @bound))

; Control flow
[(for_statement) (while_statement)] @loop @in_loop
[(if_statement) (match_statement)] @conditional @in_conditional
[(elif_clause) (else_clause) (case_clause) (conditional_expression)] @conditional
(case_clause guard: (if_clause) @conditional)
[(return_statement) (yield)] @return
[(break_statement) (continue_statement)] @jump
(try_statement) @exception @in_exception
[(except_clause) (finally_clause) (raise_statement)] @exception

; Calls, each where its callee is named
(call function: (attribute attribute: (identifier) @call))
(call function: (identifier) @call)
(call function: [(call) (subscript) (parenthesized_expression) (string) (list) (dictionary)] @call)

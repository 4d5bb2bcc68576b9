; Ada: trained on, without a name of its own in the model.

; Surface
(comment) @comment
[(string_literal) (character_literal)] @string
["begin" "end" "do"] @block_word
[(if_statement "then" @block_word) (elsif_statement_item "then" @block_word)]
(loop_statement (iteration_scheme) "loop" @block_word)
(loop_statement "end" "loop" @block_word)
(if_statement "end" "if" @block_word)
(case_statement "end" "case" @block_word)
(variant_part "end" "case" @block_word)
(record_definition "end" "record" @block_word)
[
  (selective_accept "end" "select" @block_word)
  (timed_entry_call "end" "select" @block_word)
  (conditional_entry_call "end" "select" @block_word)
  (asynchronous_select "end" "select" @block_word)
]

; Modules
[(with_clause) (use_clause)] @import
[(package_declaration) (package_body) (package_body_stub) (package_renaming_declaration)] @module_declaration
(generic_instantiation "package") @module_declaration

; Functions; what a generic takes is a parameter
[(procedure_specification) (function_specification)] @function_definition
[(entry_declaration) (entry_body) (task_body)] @function_definition
(generic_instantiation ["procedure" "function"] @function_definition)
[(subprogram_body) (expression_function_declaration) (entry_body) (task_body)] @in_function
(generic_formal_part) @not.function_definition @not.type_definition @not.variable_declaration

; Types
[
  (full_type_declaration) (private_type_declaration) (private_extension_declaration) (subtype_declaration)
  (single_task_declaration) (single_protected_declaration) (protected_body)
] @type_definition
(full_type_declaration (record_type_definition (record_definition "end"))) @in_type
(full_type_declaration (derived_type_definition (record_extension_part (record_definition "end")))) @in_type
(full_type_declaration (enumeration_type_definition)) @in_type
(full_type_declaration [(protected_type_declaration) (task_type_declaration "end")]) @in_type
(full_type_declaration (task_type_declaration (task_definition))) @in_type
(single_task_declaration (task_definition)) @in_type
[(single_protected_declaration) (protected_body)] @in_type

; Variables, constants, exceptions, components
(object_declaration name: (identifier) @variable_declaration)
[(number_declaration) (exception_declaration) (component_declaration)] @variable_declaration
[(object_renaming_declaration) (exception_renaming_declaration)] @variable_declaration
(extended_return_object_declaration) @variable_declaration
(assignment_statement) @assignment

; Control flow
(iteration_scheme) @loop
(loop_statement . "loop" @loop)
(loop_statement (loop_label) . "loop" @loop)
(loop_statement) @in_loop
[(if_statement) (case_statement) (if_expression) (case_expression)] @conditional @in_conditional
[(elsif_statement_item) (elsif_expression_item) (case_statement_alternative) (case_expression_alternative)] @conditional
[(if_statement "else" @conditional) (if_expression "else" @conditional)]
(exit_statement "when" @conditional) @in_conditional
[(selective_accept) (timed_entry_call) (conditional_entry_call) (asynchronous_select)] @conditional @in_conditional
(selective_accept ["or" "else"] @conditional)
[(timed_entry_call "or" @conditional) (conditional_entry_call "else" @conditional)]
[(simple_return_statement) (extended_return_statement)] @return
[(exit_statement) (goto_statement)] @jump

; Exceptions: what handlers belong to is a try from its first statement on
(handled_sequence_of_statements "exception" @exception) @in_exception
(block_statement "begin" @exception @in_exception (handled_sequence_of_statements "exception") "end" @in_exception)
(exception_handler) @exception
[(raise_statement) (raise_expression)] @exception

; Calls, each where its callee is named; a conversion is one, a bound of an array or a generic's instance is none
(procedure_call_statement name: (identifier) @call)
(procedure_call_statement name: (selected_component selector_name: (_) @call))
(procedure_call_statement name: (attribute_designator) @call)
(function_call name: [(identifier) (string_literal)] @call)
(function_call name: (selected_component selector_name: (_) @call))
((function_call name: (_) @not.call name: (attribute_designator) @_attribute)
  (#match? @_attribute "(?i)^(first|last|length|range)$"))
(generic_instantiation generic_name: (_) @not.call)
(allocator) @call

; An element of an array looks like a call. It is none where something is stored into it, and where its argument looks
; like an index and its name like no function's, or its name like an array's.
(assignment_statement variable_name: (function_call . (_) @not.call))
(assignment_statement variable_name: (selected_component prefix: (function_call . (_) @not.call)))
(assignment_statement
  variable_name: (selected_component prefix: (selected_component prefix: (function_call . (_) @not.call))))
((function_call
  name: [(identifier) @_name @not.call (selected_component selector_name: (identifier) @_name @not.call)]
  (actual_parameter_part . "(" . (parameter_association) @_index . ")"))
  (#match? @_index "(?i)^(\\d+|[a-z]|te?mp|from|start|stop|\\w*(index|idx|pos|position|last|first|count|_no|_num|number|ptr)\\d?|\\w+'(first|last)( *\\(\\d\\))?|[\\w.']+\\s*[-+]\\s*\\w+)(\\s*[-+]\\s*[\\w']+)*$")
  (#not-match? @_name "(?i)^(to_|is_|has|get|set_|new_|next|prev|create|find|value(_|$)|image|length|elem|key|natural|integer|positive|float|long|short|char|string|wide|unsigned|interfaces|size_t|storage|stream|convert|contains|first|last|int$|int_|c_int|boolean|hash|copy|read|write|parse|strip|encode|decode|base_name|exists|exception_|start|up|lower|abs|sqrt|min|max|look|shift|current|local|child|parent|all_|full|debug|pos$|val$|arg(_|$)|nth|random|code|trim|kind|label|move|make|add|in_|can_|do_|clone)|(_type|_t|_of|_string|_id|_access|_count|_cursor|_position|image|_at|_index|size|length|control|name|_path|_pair)$"))
((function_call
  name: [(identifier) @_name @not.call (selected_component selector_name: (identifier) @_name @not.call)]
  (actual_parameter_part . "(" . (parameter_association) @_index . ")"))
  (#match? @_index "(?i)^(\\d+|[a-z]|te?mp|from|start|stop|\\w*(index|idx|pos|position|last|first|count|_no|_num|number|ptr)\\d?|\\w+'(first|last)( *\\(\\d\\))?|[\\w.']+\\s*[-+]\\s*\\w+)(\\s*[-+]\\s*[\\w']+)*$")
  (#match? @_name "(?i)^([a-z]\\d?|str\\d?|buf|buffer|te?mp|args|matched|\\w*(_array|_buffer|_buf|_list|_args|_map|_lines?|_str|_values|_vec))$"))
((function_call
  name: [(identifier) @_name @not.call (selected_component selector_name: (identifier) @_name @not.call)]
  (actual_parameter_part . "(" . (parameter_association) . ")"))
  (#match? @_name "(?i)^([a-z]|table|matched|\\w*_table)$"))
((selected_component
  prefix: (function_call
    name: [(identifier) @_name @not.call (selected_component selector_name: (identifier) @_name @not.call)]))
  (#not-match? @_name "(?i)^(to_|is_|has|get|find|first|last|next|prev|create|element|new_|value|parent|convert|current|full)|(_of|_access|_type|_ptr|_pointer|_at|_record|_path|_view|_data|_result|_set|_names?)$"))

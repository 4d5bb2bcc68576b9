; Surface
(comment) @comment
(uninterpreted) @text
[
  (string) (string_array) (regex) (character) (subshell) (delimited_symbol) (heredoc_beginning) (heredoc_body)
] @string
(interpolation) @code
["begin" "do" "then" "end"] @block_word

; Modules
((call !receiver method: (identifier) @_m) @import (#any-of? @_m "require" "require_relative" "load"))
(module name: (_) @bound.outer) @module_declaration @scope

; Definitions
[(method) (singleton_method)] @function_definition @in_function @scope
(class name: (_) @bound.outer) @type_definition @in_type @scope
(singleton_class) @type_definition @in_type @scope
(lambda) @lambda @in_function @scope.open
(call block: (_) @lambda @in_function @scope.open)

; Parameters
(method_parameters (identifier) @bound)
(block_parameters (identifier) @bound)
(lambda_parameters (identifier) @bound)
(destructured_parameter (identifier) @bound)
[
  (optional_parameter name: (identifier) @bound)
  (keyword_parameter name: (identifier) @bound)
  (splat_parameter name: (identifier) @bound)
  (hash_splat_parameter name: (identifier) @bound)
  (block_parameter name: (identifier) @bound)
]
(exception_variable (identifier) @bound)
(for pattern: (identifier) @bound)
(for pattern: (_) @bound.within @not.assignment)

; Names that patterns bind
(in_clause pattern: (identifier) @bound)
[(array_pattern (identifier) @bound) (find_pattern (identifier) @bound)]
(keyword_pattern value: (identifier) @bound)
(keyword_pattern key: (hash_key_symbol) @bound !value)
(as_pattern name: (identifier) @bound)

; Bindings. A name with $ belongs to the whole file; those that are there from the start are never declared.
(assignment left: [(identifier) (constant)] @binding)
(left_assignment_list [(identifier) (constant)] @binding)
(destructured_left_assignment [(identifier) (constant)] @binding)
(rest_assignment [(identifier) (constant)] @binding)
(assignment left: (global_variable) @outward @binding)
(left_assignment_list (global_variable) @outward @binding)
((assignment left: (global_variable) @assignment @not.binding)
  (#match? @assignment "^[$]([^A-Za-z]|std(in|out|err)$|VERBOSE$|DEBUG$|PROGRAM_NAME$|LOAD_PATH$|LOADED_FEATURES$)"))
(assignment left: [(instance_variable) (class_variable) (element_reference) (scope_resolution)] @assignment)
(left_assignment_list [(instance_variable) (class_variable) (element_reference) (scope_resolution)] @assignment)
(destructured_left_assignment [(instance_variable) (class_variable) (element_reference)] @assignment)
(rest_assignment [(instance_variable) (class_variable) (element_reference)] @assignment)
(operator_assignment) @assignment
(operator_assignment left: [(identifier) (constant)] @bound)

; What is assigned to is written like a call
(assignment left: (call method: (_) @not.call) @assignment)
(left_assignment_list (call method: (_) @not.call) @assignment)
(destructured_left_assignment (call method: (_) @not.call) @assignment)
(rest_assignment (call method: (_) @not.call) @assignment)
(operator_assignment left: (call method: (_) @not.call))

; Control flow
[(for) (while) (until)] @loop @in_loop
(while_modifier body: (begin)? @loop "while" @loop) @in_loop
(until_modifier body: (begin)? @loop "until" @loop) @in_loop
((call !receiver method: (identifier) @loop block: (_)) @in_loop (#eq? @loop "loop"))
[(if) (unless) (case) (case_match)] @conditional @in_conditional
(if_modifier "if" @conditional) @in_conditional
(unless_modifier "unless" @conditional) @in_conditional
[(elsif) (else) (when) (in_clause) (if_guard) (unless_guard) (conditional)] @conditional
[(return) (yield)] @return
[(break) (next) (redo) (retry)] @jump

; Exceptions
(begin [(rescue) (ensure)]) @exception @in_exception
(body_statement [(rescue) (ensure)]) @in_exception
[(rescue) (ensure)] @exception
(rescue_modifier "rescue" @exception) @in_exception
((call !receiver method: (identifier) @exception @not.call) (#eq? @exception "raise"))
([
  (program (identifier) @exception)
  (body_statement (identifier) @exception)
  (block_body (identifier) @exception)
  (then (identifier) @exception)
  (else (identifier) @exception)
  (do (identifier) @exception)
  (begin (identifier) @exception)
  (ensure (identifier) @exception)
  (parenthesized_statements (identifier) @exception)
  (if_modifier body: (identifier) @exception)
  (unless_modifier body: (identifier) @exception)
  (binary right: (identifier) @exception)
  (conditional [consequence: (identifier) @exception alternative: (identifier) @exception])
] (#eq? @exception "raise"))

; Calls, each where its callee is named
(call method: (_) @call)
(call receiver: (_) @call !method)
(super) @call

; R, for testing only: no training data holds it.

; Surface; `#'` is documentation by the profile's pattern
(comment) @comment
(string) @string

; Imports
(call function: (identifier) @_name (#any-of? @_name "library" "require" "source")) @import

; A function has no name of its own: it is bound to one
(function_definition) @lambda @in_function @scope
(parameter name: (_) @bound)

; Names; `<<-` and `->>` send them outward
(binary_operator lhs: [(identifier) (string)] @binding operator: ["<-" "=" ":="])
(binary_operator lhs: (identifier) @binding @outward operator: "<<-")
(binary_operator operator: "->" rhs: (identifier) @binding)
(binary_operator operator: "->>" rhs: (identifier) @binding @outward)
(binary_operator lhs: [(call) (subset) (subset2) (extract_operator) (namespace_operator)] @assignment operator: ["<-" "<<-" "="])
(for_statement variable: (identifier) @bound)

; Control flow
[(for_statement) (while_statement) (repeat_statement)] @loop @in_loop
(if_statement) @conditional @in_conditional
(if_statement "else" @conditional)
(call function: (return) @return)
[(next) (break)] @jump

; Calls, each where its callee is named
(call function: [(identifier) (namespace_operator) (call) (subset) (subset2) (parenthesized_expression) (string)] @call)
(call function: (extract_operator rhs: (_) @call))

; Haskell: trained on, without a name of its own in the model

; Surface; Haddock comments are what the preparation makes of them
(comment) @comment
(haddock) @documentation
[(string) (char) (quasiquote)] @string
(pragma) @annotation
(cpp) @preprocessor
((cpp) @import (#match? @import "^#[ \t]*include"))
["do" "then"] @block_word

; Modules
(import) @import
(header "module" @module_declaration)

; Signatures: of a function where there is an arrow, else of a value
(signature name: (_)) @variable_declaration
(signature names: (_)) @variable_declaration
(signature name: (_) type: [
  (function) (linear_function) (context type: (function)) (forall type: (function))
  (forall type: (context type: (function)))
]) @function_definition @not.variable_declaration
(signature names: (_) type: [
  (function) (linear_function) (context type: (function)) (forall type: (function))
  (forall type: (context type: (function)))
]) @function_definition @not.variable_declaration
(foreign_import) @function_definition

; Definitions: each equation of a function; without parameters it is a value
(function match: (_)) @function_definition @in_function
(bind) @variable_declaration
(let . "let" @variable_declaration binds: (local_binds . (bind)))
(let_in . "let" @variable_declaration binds: (local_binds . (bind)))
[(lambda) (lambda_case) (lambda_cases)] @lambda @in_function

; Types
[
  (data_type) (newtype) (type_synomym) (class) (instance) (deriving_instance) (type_family) (data_family)
  (type_instance) (data_instance) (associated_type)
] @type_definition
(data_type [(data_constructors) (gadt_constructors)]) @in_type
(data_instance [(data_type) (newtype)]) @in_type
(newtype) @in_type
(class declarations: (_)) @in_type
(instance declarations: (_)) @in_type
(type_family closed_family: (_)) @in_type
(field name: (field_name) @variable_declaration)

; Control flow
[(case) (conditional) (multi_way_if) (lambda_case) (lambda_cases)] @conditional @in_conditional
(conditional "else" @conditional)
(alternative) @conditional
(match (guards)) @conditional @in_conditional
(_ match: (match (guards)) [(comment) (haddock)] @in_conditional match: (match (guards)))

; Calls, each where its callee is named; a constructor in a pattern is none
(apply function: [(variable) (constructor) (parens) (prefix_id) (projection) (projection_selector)] @call)
(apply function: (qualified id: (_) @call))
(infix left_operand: [(variable) (constructor)] @call operator: (operator) @_apply (#any-of? @_apply "$" "$!" "$!!"))
(infix left_operand: (qualified id: (_) @call) operator: (operator) @_apply (#any-of? @_apply "$" "$!" "$!!"))
((apply function: (variable) @return @not.call) (#eq? @return "return"))
((infix left_operand: (variable) @return @not.call operator: (operator) @_apply)
  (#eq? @return "return") (#any-of? @_apply "$" "$!"))
((apply function: (variable) @exception @not.call)
  (#any-of? @exception "throw" "throwIO" "throwM" "throwError" "throwE" "throwSTM" "throwTo"))
((infix left_operand: (variable) @exception @not.call operator: (operator) @_apply)
  (#any-of? @exception "throw" "throwIO" "throwM" "throwError" "throwE" "throwSTM")
  (#any-of? @_apply "$" "$!"))
[(patterns) (pragma) (pattern_synonym)] @not.call
[(alternative pattern: (_) @not.call) (bind pattern: (_) @not.call) (generator pattern: (_) @not.call)]
(pattern_guard pattern: (_) @not.call)
(function (infix) @not.call)

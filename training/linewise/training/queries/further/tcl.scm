; Tcl: trained on, without a name of its own in the model

; Surface
(comment) @comment
(quoted_word) @string
(quoted_word [(variable_substitution) (command_substitution)] @code)

; Modules and imports
((namespace (word_list . (simple_word) @_eval (braced_word) .)) @module_declaration @scope (#eq? @_eval "eval"))
((namespace (word_list . (simple_word) @_import)) @import @call (#eq? @_import "import"))
((namespace (word_list . (simple_word) @_other)) @call (#not-eq? @_other "eval"))
((command name: (simple_word) @_package arguments: (word_list . (simple_word) @_require)) @import
  (#eq? @_package "package") (#eq? @_require "require"))
((command name: (simple_word) @_source) @import (#any-of? @_source "source" "load"))

; Definitions
(procedure) @function_definition @in_function @scope
(argument name: (_) @bound)
((command name: (simple_word) @type_definition @not.call arguments: (word_list . (simple_word) (braced_word) .))
  @in_type @scope
  (#any-of? @type_definition "oo::class" "::oo::class" "itcl::class" "snit::type" "snit::widget" "class"))
((command name: (simple_word) @function_definition @not.call) @in_function @scope.open
  (#any-of? @function_definition "method" "constructor" "destructor" "typemethod"))
((command name: (simple_word) @_apply arguments: (word_list . (braced_word) @lambda @in_function @scope))
  (#eq? @_apply "apply"))

; Names
(set (id) @binding [
  (simple_word) (quoted_word) (braced_word) (braced_word_simple) (command_substitution) (variable_substitution)
])
((set (id) @assignment @not.binding (_)) (#match? @assignment "::"))
(set (id) @assignment @not.binding (array_index) (_))
(foreach (arguments) @bound.within)
(foreach (arguments (simple_word) @bound))
(foreach (arguments (argument name: (_) @bound)))
(global (simple_word) @bound @outward)
((namespace (word_list (braced_word (command name: (simple_word) @_variable arguments:
  (word_list . (simple_word) @variable_declaration @not.assignment @bound))))) (#eq? @_variable "variable"))
((command name: (simple_word) @_variable @not.call arguments: (word_list . (simple_word) @bound))
  (#eq? @_variable "variable"))
((command name: (simple_word) @_class arguments: (word_list (braced_word (command
  name: (simple_word) @_variable
  arguments: (word_list . (simple_word) @variable_declaration @not.assignment @bound))) .))
  (#any-of? @_class "oo::class" "::oo::class" "itcl::class" "snit::type" "class") (#eq? @_variable "variable"))
((command name: (simple_word) @_variable arguments: (word_list . (simple_word) @assignment . (_)))
  (#eq? @_variable "variable"))
((command name: (simple_word) @_alias arguments: (word_list (simple_word) @bound)) (#any-of? @_alias "upvar" "lassign"))
(catch (simple_word) @bound)
((command name: (simple_word) @assignment @not.call arguments: (word_list . (_) @bound))
  (#any-of? @assignment "incr" "append" "lappend"))

; Control flow
[(while) (foreach)] @loop @in_loop
((command name: (simple_word) @loop @not.call) @in_loop (#any-of? @loop "for" "lmap"))
(if) @conditional @in_conditional
[(elseif) (else) (ternary_expr)] @conditional
((command name: (simple_word) @conditional @not.call) @in_conditional (#eq? @conditional "switch"))
((command name: (simple_word) @_switch arguments: (word_list
  (braced_word (command arguments: (word_list [(braced_word) (braced_word_simple)] .)) @conditional) .))
  (#eq? @_switch "switch"))
((command name: (simple_word) @_switch arguments: (word_list
  (braced_word (command arguments: (word_list (simple_word) @_next .)) @conditional) .))
  (#eq? @_switch "switch") (#eq? @_next "-"))
((command name: (simple_word) @return @not.call) (#any-of? @return "return" "yield" "yieldto"))
((command name: (simple_word) @jump @not.call) (#any-of? @jump "break" "continue"))
(try ["try" "on"] @exception) @in_exception
(finally) @exception
(catch) @exception @in_exception
((command name: (simple_word) @exception @not.call) (#any-of? @exception "error" "throw"))

; Calls. A braced word is a script only where a command takes it as one
[(expr_cmd) (regexp)] @call
(source_file (command name: (_) @call))
(command_substitution (command name: (_) @call))
(procedure body: (braced_word (command name: (_) @call)))
(if consequence: (braced_word (command name: (_) @call)))
(elseif consequence: (braced_word (command name: (_) @call)))
(else consequence: (braced_word (command name: (_) @call)))
(while (braced_word (command name: (_) @call)) .)
(foreach (braced_word (command name: (_) @call)) .)
(catch (braced_word (command name: (_) @call)))
(try (braced_word (command name: (_) @call)))
(finally (braced_word (command name: (_) @call)))
(namespace (word_list (braced_word (command name: (_) @call)) .))
((command name: (simple_word) @_for arguments: (word_list (braced_word (command name: (simple_word) @call))))
  (#eq? @_for "for"))
((command name: (simple_word) @_takes arguments: (word_list (braced_word (command name: (simple_word) @call)) .))
  (#any-of? @_takes "eval" "uplevel" "after" "time" "bind" "lmap" "dict" "method" "typemethod" "constructor"
  "destructor" "oo::class" "::oo::class" "snit::type" "start_server" "start_cluster" "run_solo" "tags"
  "wait_for_condition"
  "foreach_redis_id" "foreach_sentinel_id"))
((command name: (simple_word) @_test arguments: (word_list . (_) . (braced_word (command name: (simple_word) @call))))
  (#eq? @_test "test"))
((command name: (simple_word) @_switch arguments: (word_list (braced_word (command
  arguments: (word_list (braced_word
  (command name: (_) @call)) .))) .)) (#eq? @_switch "switch"))

; Elixir: trained on, without a name of its own in the model

; Surface
(comment) @comment
[(string) (charlist) (sigil) (char) (quoted_atom) (quoted_keyword)] @string
(interpolation) @code
["do" "end"] @block_word

; Attributes: what documents, what annotates, and names for values
((unary_operator operator: "@" operand: (call target: (identifier) @_a (arguments . [(string) (sigil)] @docstring @not.string)))
  (#any-of? @_a "moduledoc" "doc" "typedoc"))
((unary_operator operator: "@" operand: (call target: (identifier) @_a)) @annotation
  (#any-of? @_a
    "moduledoc" "doc" "typedoc" "shortdoc" "spec" "type" "typep" "opaque" "callback" "macrocallback" "optional_callbacks"
    "impl" "behaviour" "behavior" "derive" "enforce_keys" "compile" "dialyzer" "deprecated" "since" "on_load" "on_definition"
    "before_compile" "after_compile" "after_verify" "external_resource" "fallback_to_any" "protocol" "vsn" "file" "nifs"
    "tag" "moduletag" "describetag" "recursive" "requirements" "preferred_cli_env" "doctest" "capture_log" "tmp_dir"))
((unary_operator operator: "@" operand: (call target: (identifier) @type_definition))
  (#any-of? @type_definition "type" "typep" "opaque"))
((unary_operator operator: "@" operand: (call target: (identifier) @_a (arguments) @not.call @not.binding))
  (#any-of? @_a "spec" "type" "typep" "opaque" "callback" "macrocallback"))
(unary_operator operator: "@" operand: (call target: (identifier) @binding))
((unary_operator operator: "@" operand: (call target: (identifier) @not.binding))
  (#any-of? @not.binding
    "moduledoc" "doc" "typedoc" "shortdoc" "spec" "type" "typep" "opaque" "callback" "macrocallback" "optional_callbacks"
    "impl" "behaviour" "behavior" "derive" "enforce_keys" "compile" "dialyzer" "deprecated" "since" "on_load" "on_definition"
    "before_compile" "after_compile" "after_verify" "external_resource" "fallback_to_any" "protocol" "vsn" "file" "nifs"
    "tag" "moduletag" "describetag" "recursive" "requirements" "preferred_cli_env" "doctest" "capture_log" "tmp_dir"))
(unary_operator operator: "@" operand: (call target: (_) @not.call))

; Modules
((call target: (identifier) @_m) @import (#any-of? @_m "import" "require" "alias" "use"))
((call target: (identifier) @module_declaration) @scope (#eq? @module_declaration "defmodule"))

; Definitions
((call target: (identifier) @function_definition) @scope
  (#any-of? @function_definition "def" "defp" "defmacro" "defmacrop" "defguard" "defguardp" "defdelegate"))
((call target: (identifier) @_d (do_block)) @in_function (#any-of? @_d "def" "defp" "defmacro" "defmacrop"))
((call target: (identifier) @_d (arguments (keywords (pair key: (keyword) @_do)))) @in_function
  (#any-of? @_d "def" "defp" "defmacro" "defmacrop") (#match? @_do "^do:"))
((call target: (identifier) @_d) @in_function (#any-of? @_d "defguard" "defguardp"))
((call target: (identifier) @type_definition) (#any-of? @type_definition "defstruct" "defexception"))
((call target: (identifier) @type_definition (do_block)) @in_type @scope
  (#any-of? @type_definition "defprotocol" "defimpl"))
; Macros whose block is a function, and quoted code, have names of their own; so has each arm
((call target: (identifier) @_t (do_block) @scope) (#any-of? @_t "test" "setup" "setup_all" "property" "quote"))
(stab_clause) @scope.open
(anonymous_function) @lambda @in_function @scope.open
(unary_operator operator: "&") @lambda @in_function
(unary_operator operator: "&" operand: (integer)) @not.lambda @not.in_function
((unary_operator operator: "&" operand: (binary_operator left: [(identifier) (operator_identifier)] operator: "/" right: (integer))) @not.lambda @not.in_function)
((unary_operator operator: "&" operand: (binary_operator
  left: (call target: (dot) . ) operator: "/" right: (integer))) @not.lambda @not.in_function)

; A definition's head is no call, whatever it is called
((call target: (identifier) @_d (arguments . [
    (call target: (identifier) @not.call @not.import @not.conditional @not.in_conditional @not.exception @not.in_exception
      @not.function_definition @not.in_function @not.type_definition @not.in_type @not.module_declaration)
    (binary_operator left: (call target: (identifier) @not.call) operator: "when")
  ]))
  (#any-of? @_d "def" "defp" "defmacro" "defmacrop" "defguard" "defguardp" "defdelegate"))

; Parameters and patterns
((call target: (identifier) @_d (arguments . (_) @bound.within))
  (#any-of? @_d "def" "defp" "defmacro" "defmacrop" "defguard" "defguardp" "defdelegate"))
(arguments (call target: (identifier) (arguments [
  (identifier) @bound
  (tuple [(identifier) @bound (_ (identifier) @bound) (_ (_ (identifier) @bound)) (_ (_ (_ (identifier) @bound)))])
  (list [(identifier) @bound (_ (identifier) @bound) (_ (_ (identifier) @bound)) (_ (_ (_ (identifier) @bound)))])
  (map [(_ (identifier) @bound) (_ (_ (identifier) @bound)) (_ (_ (_ (identifier) @bound))) (_ (_ (_ (_ (identifier) @bound))))])
  (bitstring [(identifier) @bound (binary_operator left: (identifier) @bound)])
  (binary_operator [(identifier) @bound (tuple (identifier) @bound) (map (_ (_ (_ (identifier) @bound))))])
])))
(arguments (binary_operator left: (call target: (identifier) (arguments [
  (identifier) @bound
  (tuple [(identifier) @bound (_ (identifier) @bound) (_ (_ (identifier) @bound)) (_ (_ (_ (identifier) @bound)))])
  (list [(identifier) @bound (_ (identifier) @bound) (_ (_ (identifier) @bound)) (_ (_ (_ (identifier) @bound)))])
  (map [(_ (identifier) @bound) (_ (_ (identifier) @bound)) (_ (_ (_ (identifier) @bound))) (_ (_ (_ (_ (identifier) @bound))))])
  (bitstring [(identifier) @bound (binary_operator left: (identifier) @bound)])
  (binary_operator [(identifier) @bound (tuple (identifier) @bound) (map (_ (_ (_ (identifier) @bound))))])
])) operator: "when"))
(stab_clause left: (arguments [
  (identifier) @bound
  (tuple [(identifier) @bound (_ (identifier) @bound) (_ (_ (identifier) @bound)) (_ (_ (_ (identifier) @bound)))])
  (list [(identifier) @bound (_ (identifier) @bound) (_ (_ (identifier) @bound)) (_ (_ (_ (identifier) @bound)))])
  (map [(_ (identifier) @bound) (_ (_ (identifier) @bound)) (_ (_ (_ (identifier) @bound))) (_ (_ (_ (_ (identifier) @bound))))])
  (bitstring [(identifier) @bound (binary_operator left: (identifier) @bound)])
  (binary_operator right: (identifier) @bound)
]))
(stab_clause left: (binary_operator left: (arguments [
  (identifier) @bound
  (tuple [(identifier) @bound (_ (identifier) @bound) (_ (_ (identifier) @bound)) (_ (_ (_ (identifier) @bound)))])
  (list [(identifier) @bound (_ (identifier) @bound) (_ (_ (identifier) @bound)) (_ (_ (_ (identifier) @bound)))])
  (map [(_ (identifier) @bound) (_ (_ (identifier) @bound)) (_ (_ (_ (identifier) @bound))) (_ (_ (_ (_ (identifier) @bound))))])
  (bitstring [(identifier) @bound (binary_operator left: (identifier) @bound)])
  (binary_operator right: (identifier) @bound)
]) operator: "when"))
(rescue_block (stab_clause left: (arguments (binary_operator left: (identifier) @bound operator: "in"))))
[
  (anonymous_function (stab_clause left: (_) @bound.within))
  (rescue_block (stab_clause left: (_) @bound.within))
  (catch_block (stab_clause left: (_) @bound.within))
  (else_block (stab_clause left: (_) @bound.within))
]
((call target: (identifier) @_c (do_block (stab_clause left: (_) @bound.within))) (#any-of? @_c "case" "receive" "for"))
(binary_operator left: (_) @bound.within operator: "<-")
(binary_operator left: [
  (identifier) @bound
  (tuple [(identifier) @bound (_ (identifier) @bound) (_ (_ (identifier) @bound)) (_ (_ (_ (identifier) @bound)))])
  (list [(identifier) @bound (_ (identifier) @bound) (_ (_ (identifier) @bound)) (_ (_ (_ (identifier) @bound)))])
  (map [(_ (identifier) @bound) (_ (_ (identifier) @bound)) (_ (_ (_ (identifier) @bound))) (_ (_ (_ (_ (identifier) @bound))))])
  (bitstring [(identifier) @bound (binary_operator left: (identifier) @bound)])
  (binary_operator [(identifier) @bound (tuple (identifier) @bound) (map (_ (_ (_ (identifier) @bound))))])
] operator: "<-")

; Names that a match binds
(binary_operator left: [
  (identifier) @binding
  (tuple [(identifier) @binding (_ (identifier) @binding) (_ (_ (identifier) @binding)) (_ (_ (_ (identifier) @binding)))])
  (list [(identifier) @binding (_ (identifier) @binding) (_ (_ (identifier) @binding)) (_ (_ (_ (identifier) @binding)))])
  (map [(_ (identifier) @binding) (_ (_ (identifier) @binding)) (_ (_ (_ (identifier) @binding))) (_ (_ (_ (_ (identifier) @binding)))) (_ (_ (_ (_ (_ (identifier) @binding))))) (_ (_ (_ (_ (_ (_ (identifier) @binding)))))) (_ (_ (_ (_ (_ (_ (_ (identifier) @binding)))))))])
  (bitstring [(identifier) @binding (binary_operator left: (identifier) @binding)])
  (binary_operator [(identifier) @binding (tuple (identifier) @binding) (map (_ (_ (_ (identifier) @binding))))])
] operator: "=")
((identifier) @not.binding (#any-of? @not.binding "_" "__MODULE__" "__ENV__" "__CALLER__" "__STACKTRACE__" "__DIR__"))
(unary_operator operator: "^" operand: (_) @not.binding)
(binary_operator operator: "::" right: (_) @not.binding @not.call)
(binary_operator left: (call target: (_) @not.binding) operator: "=")
(binary_operator left: (_ (call target: (_) @not.binding)) operator: "=")

; Control flow; there are no loops, and `for` is a comprehension
((call target: (identifier) @conditional) @in_conditional
  (#any-of? @conditional "if" "unless" "case" "cond" "with" "receive"))
((call target: (identifier) @_c (do_block [
    (stab_clause) @conditional
    (else_block (stab_clause) @conditional)
    (after_block (stab_clause) @conditional)
  ]))
  (#any-of? @_c "case" "cond" "with" "receive"))
(else_block "else" @conditional)
((call target: (identifier) @_r (do_block (after_block "after" @conditional))) (#eq? @_r "receive"))
((call target: (identifier) @_c (arguments (keywords (pair key: (keyword) @conditional))))
  (#any-of? @_c "if" "unless" "with") (#match? @conditional "^else:"))

; Exceptions
((call target: (identifier) @exception) @in_exception (#eq? @exception "try"))
((call target: (identifier) @exception) (#any-of? @exception "raise" "reraise" "throw"))
((call target: (dot left: (atom) @_m right: (identifier) @exception @not.call))
  (#eq? @_m ":erlang") (#any-of? @exception "raise" "throw"))
(rescue_block "rescue" @exception)
(catch_block "catch" @exception)
; Without `try` the region goes from the body to the last handler
[(rescue_block) (catch_block)] @in_exception
(do_block [(rescue_block) (catch_block)] (else_block) @in_exception)
((call target: (identifier) @_d (do_block (after_block) @in_exception))
  (#any-of? @_d "def" "defp" "defmacro" "defmacrop" "test" "setup"))
(do_block (_) @in_exception . [(rescue_block) (catch_block)])
(do_block (_) @in_exception . (_) @in_exception . [(rescue_block) (catch_block)])
(rescue_block (stab_clause) @conditional)
(catch_block (stab_clause) @conditional)
((call target: (identifier) @_t (do_block (else_block (stab_clause) @conditional))) (#any-of? @_t "try" "def" "defp" "defmacro" "defmacrop" "test" "setup"))
((call target: (identifier) @_t (do_block (after_block "after" @exception))) (#any-of? @_t "try" "def" "defp" "defmacro" "defmacrop" "test" "setup"))

; Calls, each where its callee is named
(call target: (identifier) @call)
((call target: (identifier) @not.call)
  (#any-of? @not.call
    "defmodule" "def" "defp" "defmacro" "defmacrop" "defguard" "defguardp" "defdelegate" "defstruct" "defexception" "defprotocol"
    "defimpl" "import" "require" "alias" "use" "if" "unless" "case" "cond" "with" "receive" "for" "try" "raise" "reraise" "throw"))
(call target: (dot right: (_) @call) (arguments))
(call target: (dot left: [(alias) (atom)] right: (identifier) @call))
(call target: (dot left: (_) @call !right))
(call target: (call) @call)
(binary_operator operator: "|>" right: (identifier) @call)
(binary_operator left: (call target: (dot right: (_) @not.call) .) operator: "/" right: (integer))

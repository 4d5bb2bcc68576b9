; What C has and C++ has not; see c_family.scm for the rest.

; Parameters that are declared between a function's head and its body
(function_definition (declaration) @not.variable_declaration)

; What JavaScript has and TypeScript has not; see ecma.scm for the rest.
(field_definition property: (_) @variable_declaration)

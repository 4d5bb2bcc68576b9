; JSX is code, its text included; only the literals in it are strings, as ecma.scm has them.

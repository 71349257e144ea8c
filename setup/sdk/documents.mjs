// A plugin of graphql-codegen: each operation, with its fragments, as a string that carries the types of its result and
// variables.
import { Kind, print, visit } from "graphql";

const TYPE = `/** A document, with the types of its result and variables. */
export type Document<Result, Variables> = string & { readonly types?: (variables: Variables) => Result };`;

export const plugin = (_schema, files) => {
  const definitions = files.flatMap(({ document }) => document.definitions);
  const fragments = new Map(
    definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION).map((each) => [each.name.value, each]),
  );
  const withFragments = (definition, found = new Set()) => {
    found.add(definition);
    visit(definition, { FragmentSpread: ({ name }) => void withFragments(fragments.get(name.value), found) });
    return found;
  };
  const constant = (operation) => {
    const name = operation.name.value;
    const kind = operation.operation[0].toUpperCase() + operation.operation.slice(1);
    const text = [...withFragments(operation)].map(print).join("\n\n");
    return `export const ${name}Document = \`${text}\` as Document<${name}${kind}, ${name}${kind}Variables>;`;
  };
  const operations = definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  return [TYPE, ...operations.map(constant)].join("\n\n");
};

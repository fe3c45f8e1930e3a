/**
 * Something that can be made again, given to the first who asks and kept by nobody: the next who asks
 * has it made anew. A page as objects is a few thousand of them, which every collection would copy for as
 * long as the database takes to write it.
 */
export function madeAgain<Made>(made: Made, makeAgain: () => Made): () => Made {
  let unused: { readonly made: Made } | undefined = { made };
  return () => {
    const first = unused;
    unused = undefined;
    return first === undefined ? makeAgain() : first.made;
  };
}

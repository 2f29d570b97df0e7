/**
 * Kubernetes' `$(NAME)` in commands, arguments, values and sub-paths: known names are replaced, unknown ones stay as
 * they are, `$$` stands for one `$` (so `$$(NAME)` is the text `$(NAME)`).
 */
export function renderExpansion(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$(\$|\(([^)]*)\))/g, (whole, follower: string, name: string | undefined) => {
    if (follower === '$') return '$';
    return variables.get(name ?? '') ?? whole;
  });
}

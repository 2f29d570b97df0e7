import { ContainerConfigError } from '../start-failure';

/**
 * Kubernetes' `$(NAME)` in commands, arguments and values: known names are replaced, unknown ones stay as
 * they are, `$$` stands for one `$` (so `$$(NAME)` is the text `$(NAME)`).
 */
export function renderExpansion(text: string, variables: ReadonlyMap<string, string>): string {
  return expand(text, (name, whole) => variables.get(name) ?? whole);
}

/**
 * The same for a sub-path, which must not lead to a directory of that name (ExpandContainerVolumeMounts in
 * pkg/kubelet/container). Throws ContainerConfigError for names that are unknown or have an empty value.
 */
export function renderSubPath(text: string, variables: ReadonlyMap<string, string>): string {
  const missing = new Set<string>();
  const expanded = expand(text, (name) => {
    const value = variables.get(name) ?? '';
    if (value === '') missing.add(name);
    return value;
  });
  if (missing.size > 0) throw new ContainerConfigError(`missing value for ${[...missing].sort().join(', ')}`);
  return expanded;
}

function expand(text: string, valueOf: (name: string, whole: string) => string): string {
  return text.replace(/\$(\$|\(([^)]*)\))/g, (whole, follower: string, name: string | undefined) => {
    if (follower === '$') return '$';
    return valueOf(name ?? '', whole);
  });
}

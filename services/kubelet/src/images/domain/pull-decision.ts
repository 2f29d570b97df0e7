import { completeReference, whyMalformed } from './reference';

/** What to do about a container's image. */
export type ImageDecision =
  | { readonly do: 'use'; readonly reference: string }
  | { readonly do: 'pull'; readonly reference: string }
  | {
      readonly do: 'fail';
      readonly reason: 'InvalidImageName' | 'ErrImageNeverPull';
      readonly message: string;
    };

/** By pull policy: Always asks the registry each time, IfNotPresent only for what isn't here, Never not at all. */
export function decideImage(image: string, policy: string | undefined, present: boolean): ImageDecision {
  const reference = completeReference(image);
  if (reference === undefined) {
    const reason = `couldn't parse image name ${JSON.stringify(image)}: ${whyMalformed(image)}`;
    const message = `Failed to apply default image tag ${JSON.stringify(image)}: ${reason}`;
    return { do: 'fail', reason: 'InvalidImageName', message };
  }
  if (policy === 'Always') return { do: 'pull', reference };
  if (present) return { do: 'use', reference };
  if (policy !== 'Never') return { do: 'pull', reference };
  return {
    do: 'fail',
    reason: 'ErrImageNeverPull',
    message: `Container image "${image}" is not present with pull policy of Never`,
  };
}

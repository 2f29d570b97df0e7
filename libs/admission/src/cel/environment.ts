import { Environment } from '@marcbachmann/cel-js';
import { registerLists, registerTexts } from './functions/texts';
import { registerAddresses, registerFormats, registerQuantities, registerUrls } from './functions/values';

/** Of an expression: far more than any that is written by hand. */
const LIMITS = {
  maxAstNodes: 20_000,
  maxDepth: 200,
  maxListElements: 5_000,
  maxMapEntries: 5_000,
  maxCallArguments: 32,
};

export const CEL_OPTIONS = { enableOptionalTypes: true, homogeneousAggregateLiterals: false, limits: LIMITS };

let base: Environment | undefined;

/** A new environment with the language and Kubernetes' libraries, in which types and variables can be declared. */
export function kubernetesEnvironment(): Environment {
  base ??= withLibraries(new Environment(CEL_OPTIONS));
  return base.clone(CEL_OPTIONS);
}

function withLibraries(env: Environment): Environment {
  registerTexts(env);
  registerLists(env);
  registerQuantities(env);
  registerAddresses(env);
  registerUrls(env);
  registerFormats(env);
  return env;
}

import { admitRuntime, runtimeProblem } from '../pods/runtime-class';
import { admitsNewPods } from './of-pods';

export const runtimeClass = admitsNewPods('RuntimeClass', (_pod, spec, ctx) => {
  admitRuntime(spec, ctx);
  return runtimeProblem(spec, ctx);
});

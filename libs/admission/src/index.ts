/**
 * Admission, without any I/O: defaults, validation, and what an update may change. See kinds/ for what each kind adds.
 */
export type { AdmissionContext, ReadonlyCluster } from './context';
export { admitCreate } from './create';
export { validateCustomObject } from './custom/rules';
export { type AdmissionAttributes } from './dynamic/attributes';
export { type ConnectDecision, type ConnectRequest, decideConnection } from './dynamic/connect';
export { AdmissionHooks, configuresAdmission } from './dynamic/hooks';
export { type KubeOptions } from './dynamic/request';
export { AdmissionRun } from './dynamic/run';
export { AskedQuestions, restlessCluster } from './dynamic/webhooks/asked';
export { type AnsweredQuestion, type WebhookQuestion } from './dynamic/webhooks/question';
export { readResponse } from './dynamic/webhooks/response';
export { FLOW_DEFAULTS } from './flow-rules/defaults';
export { distinctOwners } from './metadata/owners';
export { checkNamespace } from './namespace';
export { defaultPodSpec, pullPolicyOf } from './pods/defaults';
export { admitDelete } from './plugins';
export { defaultStorageClassOf } from './plugins/default-class';
export { QuotaLedger, type ReadonlyQuotaLedger, usedOf } from './plugins/resource-quota/ledger';
export { usageOf } from './plugins/resource-quota/usage';
export { podAmounts } from './pods/pod-amounts';
export { SYSTEM_PRIORITIES } from './pods/priority';
export { qosClassOf } from './pods/qos';
export { referencesOf } from './pods/references';
export { isMirror } from './pods/annotations';
export { defaultPodTemplate, validatePodTemplate } from './pods/template';
export { validatePodStatus } from './pods/validate-status';
export { scaleOf, scalePathsOf } from './scale';
export { type FieldTerm, fieldTermOfName, matchesFields, parseFieldSelector } from './selectable-fields';
export { Allocations, type ReadonlyAllocations } from './service-rules/allocations';
export { isEmptySelector, isSoundSelector, selects } from './workloads/selected-template';
export { soundObject } from './soundness/sound-object';
export { admitUpdate, isWritten } from './update';
export { warningsOf } from './warnings';

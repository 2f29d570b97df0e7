/**
 * The machinery of the Kubernetes API, without any I/O: reading objects by the API's own metadata, defaults, validation,
 * updates and subresources, patches, selectors, and the errors in Kubernetes' words. See kinds/ for what each kind adds.
 */
export { admitCreate } from './admission/create';
export { checkNamespace } from './admission/namespace';
export { scaleOf } from './admission/scale';
export { admitUpdate } from './admission/update';
export type { AdmissionContext, ReadonlyCluster } from './context';
export { applyPatch } from './patch';
export { defaultPodSpec, pullPolicyOf } from './pods/defaults';
export { qosClassOf } from './pods/qos';
export { referencesOf } from './pods/references';
export { validatePodStatus } from './pods/validate-status';
export { Problems } from './problems';
export { type Result, ok, refused } from './result';
export { decodeObject, strictDecodingError, unknownFields } from './schema/decode';
export { type Schema, definition, referenceOf, resolved } from './schema/definitions';
export { toMicros, toSeconds } from './schema/times';
export { type FieldTerm, matchesFields, parseFieldSelector } from './selectors/fields';
export {
  type LabelTerm,
  matchesLabelSelector,
  matchesLabels,
  matchesSelectorMap,
  parseLabelSelector,
  termsOf,
} from './selectors/labels';
export { Allocations, type ReadonlyAllocations } from './service-rules/allocations';
export { soundObject } from './soundness/sound-object';
export { type Named, statusOf } from './status';
export { sameJson } from './values/equal';
export { ownField, setField } from './values/own';
export { hashText, nameSuffix } from './values/hash';
export { backendAddress, dns1035Label, dnsLabel, dnsSubdomain, labelValue, qualifiedName } from './values/names';
export {
  type Cidr,
  cidrContains,
  cidrWithin,
  cidrsOverlap,
  formatCidr,
  formatIp,
  isIp,
  isIpv6,
  parseCidr,
  parseIp,
  subnetOf,
} from './values/net';
export { integerOf, ipv4Of, isToken, oneOf, portOf, tokenOf, UnsoundValue } from './values/strict';
export {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  milliOf,
  parseQuantity,
} from './values/quantity';

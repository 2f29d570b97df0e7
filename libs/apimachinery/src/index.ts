/**
 * The machinery of the Kubernetes API, without any I/O: reading objects by the API's own metadata, patches, selectors,
 * values, and the errors in Kubernetes' words.
 */
export { Catalog, versionedAs, type VersionedResource } from './catalog/catalog';
export { fromStored, isShown, noteShown, storedField, toStored } from './catalog/conversion';
export { CLEANUP_FINALIZER, definedResource, DEFINITIONS } from './catalog/custom-resources';
export {
  ACCOUNT_VOLUME_PREFIX,
  accountVolumeName,
  Application,
  appliedProblems,
  atomicPath,
  type Conflict,
  conflictsBeyond,
  fieldsOfVersion,
  isReset,
  managedFieldsOf,
  type Manager,
  mergeApplied,
  ownersAfterUpdate,
  ownersFrom,
  ownersOfApplied,
  ownersOfNew,
  pathsOf,
  pathText,
  shownAs,
  shownText,
  withManagedFields,
  withoutOwners,
  type Write,
} from './managed-fields';
export { applyPatch, jsonPatchOutcome } from './patch';
export { mergePatch } from './patch/merge-patch';
export { type PatchedObject, unreadablePatch } from './patch/unreadable';
export { GoSyntax, goSyntaxOf, Problems } from './problems';
export { ok, refused, type Result } from './result';
export { asStored, decodeObject, type Expected, expectedAt, strictDecodingError, unknownFields } from './schema/decode';
export { definition, referenceOf, resolved, type Schema } from './schema/definitions';
export { prunedBy } from './schema/structural';
export { withSchemaDefaults } from './schema/structural-defaults';
export { toMicros, toSeconds } from './schema/times';
export { formatSelector } from './selectors/format';
export { type LabelTerm, matchesLabels, matchesLabelSelector, matchesSelectorMap, termsOf } from './selectors/labels';
export { parseLabelSelector, selectorTooLong } from './selectors/parse-labels';
export { type Named, statusOf } from './status';
export { base64Length, utf8Length } from './values/bytes';
export { sameJson } from './values/equal';
export { hashText, nameSuffix } from './values/hash';
export { JsonMap } from './values/json-map';
export { fieldAt, withFieldAt } from './values/field-path';
export { followJsonPath, type JsonPath, parseJsonPath } from './values/json-path';
export { copyToExtend, copyWithout, isJsonObject, ownField, setField } from './values/json-object';
export { jsonObjectProblem } from './values/json-problem';
export {
  asPrefix,
  backendAddress,
  configKey,
  dns1035Label,
  dnsLabel,
  dnsSubdomain,
  envVarName,
  httpHeaderName,
  ipAddress,
  labelValue,
  networkText,
  pathSegment,
  portName,
  portNumber,
  qualifiedName,
  type TextRule,
  wildcardSubdomain,
} from './values/names';
export {
  canonicalIp,
  type Cidr,
  cidrContains,
  cidrsOverlap,
  cidrWithin,
  formatAddress,
  formatCidr,
  formatIp,
  formatNetwork,
  indexInNetwork,
  type IpFamily,
  ipFamilyOf,
  isIp,
  isIpv6,
  isStrictlyWithin,
  type Network,
  networkContains,
  networkOf,
  networkSize,
  networksOverlap,
  networkWithin,
  nthAddress,
  nthSubnet,
  parseAddress,
  parseCidr,
  parseIp,
  parseIpv6,
  parseNetwork,
  subnetOf,
} from './values/net';
export {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  milliOf,
  parseQuantity,
} from './values/quantity';
export { cidrOf, integerOf, ipOf, ipv4Of, isToken, oneOf, portOf, tokenOf, UnsoundValue } from './values/strict';
export { familiesOf, type IpRanges, parseIpPair, parseIpRanges } from './values/ip-ranges';
export { withoutUndefined } from './values/without-undefined';

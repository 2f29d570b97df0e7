export { ACCOUNT_VOLUME_PREFIX, accountVolumeName } from './account-volume';
export { Application, type Conflict, conflictsBeyond, ownersOfApplied, withoutOwners } from './apply';
export { hasPath, pathsOf } from './field-set';
export { appliedProblems, atomicPath, mergeApplied } from './merge';
export { isReset, type Manager, ownersFrom } from './owners';
export { pathText } from './path-element';
export { managedFieldsOf, shownAs, shownText, withManagedFields } from './render';
export { fieldsOfVersion } from './scope';
export { ownersAfterUpdate, ownersOfNew, type Write } from './update';

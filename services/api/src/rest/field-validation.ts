import { strictDecodingError, unknownFields } from '@shiplog/apimachinery';
import { throwStatus } from './errors';
import { fieldValidationOf, type WriteOptionsKind } from './options';
import { storedResource, type ResourceRequest } from './request';

/** Fields that the API does not know or that are given twice: refused or warned of, as the client asks. */
export function checkFields(
  request: ResourceRequest,
  submitted: readonly unknown[],
  duplicates: readonly string[],
  options: WriteOptionsKind,
): readonly string[] {
  const validation = fieldValidationOf(request.query, options);
  if (validation === 'Ignore') return [];
  const resource = storedResource(request);
  const subresource = request.target.subresource?.name;
  const found = [...new Set(submitted.flatMap((object) => unknownFields(resource, object, subresource)))];
  // A strategic patch has directives among the fields: `$patch`, `$setElementOrder/containers` and the like.
  const unknown = request.verb === 'patch' ? found.filter((field) => !/(^|[.\]])\$/.test(field)) : found;
  const wrong = [...duplicates, ...unknown.map((field) => `unknown field "${field}"`)];
  if (wrong.length > 0 && validation === 'Strict') throwStatus(strictDecodingError(resource, wrong));
  return wrong;
}

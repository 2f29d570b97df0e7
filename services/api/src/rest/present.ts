import { apiVersionOf, type ListMeta, type StoredObject } from '@shiplog/contracts';
import { shownAs, statusOf, type VersionedResource } from '@shiplog/apimachinery';
import { partialMetadata, tableOf, type IncludeObject } from '@shiplog/representation';
import { stringify as toYaml } from 'yaml';
import { bytesOf, lineOf } from './object-bytes';
import { JSON_TYPE, jsonAnswer, type BodyAnswer } from './answer';
import { throwStatus } from './errors';
import { negotiate, type Negotiated } from './negotiate';
import { includeObjectOf } from './options';
import { requestedResource, type ResourceRequest } from './request';

/** How a client wants objects shown. */
export interface Presentation {
  readonly resource: VersionedResource;
  readonly negotiated: Negotiated;
  readonly includeObject: IncludeObject;
  readonly now: number;
}

/**
 * How the client of a request wants objects shown. 406 or 400 for what can't be; asked before a write, so that no wish
 * refuses what has happened.
 */
export function presentationOf(request: ResourceRequest, now: number): Presentation {
  const resource = requestedResource(request);
  const negotiated = negotiate(request.accept);
  checkCardinality(negotiated, request, resource);
  return {
    resource,
    negotiated,
    includeObject: includeObjectOf(request.query),
    now,
  };
}

/** The metadata of one object is no list, and that of a list no object. */
function checkCardinality({ view }: Negotiated, { verb }: ResourceRequest, { row, version }: VersionedResource): void {
  const isList = verb === 'list' || verb === 'deletecollection';
  if (view !== (isList ? 'metadata' : 'metadataList')) return;
  const wanted = isList ? 'PartialObjectMetadata' : 'PartialObjectMetadataList';
  const kind = isList ? (row.names?.listKind ?? `${row.kind}List`) : row.kind;
  const type = `*${version.group === '' ? 'core' : version.group.split('.')[0]}.${kind}`;
  const message = `you requested ${wanted}, but the requested object is ${isList ? 'a' : 'not a'} list (${type})`;
  throwStatus({ ...statusOf.notAcceptable([]), message });
}

/** One object as the client wants it. */
export function presentObject(code: number, object: StoredObject, how: Presentation): BodyAnswer {
  switch (how.negotiated.view) {
    case 'object':
      if (how.negotiated.yaml) return yamlAnswer(code, shownAs(how.resource, object));
      return { kind: 'body', code, type: JSON_TYPE, body: lineOf(how.resource, object) };
    case 'table':
      return encoded(
        code,
        tableOf(how.resource, [object], {
          now: how.now,
          includeObject: how.includeObject,
          metadata: { resourceVersion: object.metadata.resourceVersion },
        }),
        how,
      );
    case 'metadata':
    case 'metadataList':
      return encoded(code, partialMetadata(shownAs(how.resource, object)), how);
  }
}

/** A list as the client wants it. */
export function presentList(objects: readonly StoredObject[], metadata: ListMeta, how: Presentation): BodyAnswer {
  switch (how.negotiated.view) {
    case 'object':
      return how.negotiated.yaml ? yamlAnswer(200, listOf(objects, metadata, how)) : listAnswer(objects, metadata, how);
    case 'table':
      return encoded(
        200,
        tableOf(how.resource, objects, { now: how.now, includeObject: how.includeObject, metadata }),
        how,
      );
    case 'metadata':
    case 'metadataList': {
      const items = objects.map((object) => partialMetadata(shownAs(how.resource, object)));
      const list = { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items };
      return encoded(200, list, how);
    }
  }
}

function headOf(how: Presentation): { kind: string; apiVersion: string } {
  const { row, version } = how.resource;
  return { kind: row.names?.listKind ?? `${row.kind}List`, apiVersion: apiVersionOf(version) };
}

function listOf(objects: readonly StoredObject[], metadata: ListMeta, how: Presentation): unknown {
  return { ...headOf(how), metadata, items: objects.map((object) => shownAs(how.resource, object)) };
}

const COMMA = Buffer.from(',');
const END = Buffer.from(']}\n');

/** The list from the bytes that its objects already have. */
function listAnswer(objects: readonly StoredObject[], metadata: ListMeta, how: Presentation): BodyAnswer {
  const head = JSON.stringify({ ...headOf(how), metadata });
  const parts: Buffer[] = [Buffer.from(`${head.slice(0, -1)},"items":[`)];
  for (const [index, object] of objects.entries()) {
    if (index > 0) parts.push(COMMA);
    parts.push(bytesOf(how.resource, object));
  }
  parts.push(END);
  return { kind: 'body', code: 200, type: JSON_TYPE, body: Buffer.concat(parts) };
}

function encoded(code: number, value: unknown, { negotiated }: Presentation): BodyAnswer {
  return negotiated.yaml ? yamlAnswer(code, value) : jsonAnswer(code, value);
}

function yamlAnswer(code: number, value: unknown): BodyAnswer {
  return {
    kind: 'body',
    code,
    type: 'application/yaml',
    body: toYaml(value, { aliasDuplicateObjects: false, version: '1.1' }),
  };
}

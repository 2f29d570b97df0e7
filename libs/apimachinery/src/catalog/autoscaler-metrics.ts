import { decoderOf } from '../schema/compile';
import { DecodeError, Decoding } from '../schema/decoding';
import { isJsonObject } from '../values/json-object';

type Fields = Readonly<Record<string, unknown>>;

/**
 * What an autoscaler goes by, as autoscaling/v1 writes it into annotations: the shape that it had in v2beta1. Names of fields
 * are those of Kubernetes' types (autoscaling/v1 MetricSpec and MetricStatus).
 */
interface Shapes {
  /** Field of the metric by its type, for example `resource`. */
  readonly [source: string]: { toV1(fields: Fields): Fields; fromV1(fields: Fields): Fields };
}

const part = (fields: Fields, name: string): Fields => {
  const value = fields[name];
  return isJsonObject(value) ? value : {};
};

const NO_AMOUNT = '0';

const SPECS: Shapes = {
  object: {
    toV1: ({ describedObject, metric, target }) => ({
      target: describedObject,
      metricName: part({ metric }, 'metric')['name'],
      targetValue: part({ target }, 'target')['value'] ?? NO_AMOUNT,
      selector: part({ metric }, 'metric')['selector'],
      averageValue: part({ target }, 'target')['averageValue'],
    }),
    fromV1: ({ target, metricName: name, targetValue, selector, averageValue }) => {
      const value = averageValue !== undefined && targetValue === NO_AMOUNT ? undefined : targetValue;
      const type = averageValue === undefined ? 'Value' : 'AverageValue';
      return { describedObject: target, metric: { name, selector }, target: { type, value, averageValue } };
    },
  },
  pods: {
    toV1: ({ metric, target }) => ({
      metricName: part({ metric }, 'metric')['name'],
      targetAverageValue: part({ target }, 'target')['averageValue'] ?? NO_AMOUNT,
      selector: part({ metric }, 'metric')['selector'],
    }),
    fromV1: ({ metricName: name, selector, targetAverageValue: averageValue }) => ({
      metric: { name, selector },
      target: { type: 'AverageValue', averageValue },
    }),
  },
  resource: {
    toV1: ({ name, target }) => ({ name, ...shareToV1(target) }),
    fromV1: ({ name, ...target }) => ({ name, target: shareFromV1(target) }),
  },
  containerResource: {
    toV1: ({ name, container, target }) => ({ name, ...shareToV1(target), container }),
    fromV1: ({ name, container, ...target }) => ({ name, container, target: shareFromV1(target) }),
  },
  external: {
    toV1: ({ metric, target }) => ({
      metricName: part({ metric }, 'metric')['name'],
      metricSelector: part({ metric }, 'metric')['selector'],
      targetValue: part({ target }, 'target')['value'],
      targetAverageValue: part({ target }, 'target')['averageValue'],
    }),
    fromV1: ({ metricName: name, metricSelector: selector, targetValue: value, targetAverageValue: averageValue }) => ({
      metric: { name, selector },
      target: { type: value === undefined ? 'AverageValue' : 'Value', value, averageValue },
    }),
  },
};

function shareToV1(target: unknown): Fields {
  const { averageUtilization, averageValue } = part({ target }, 'target');
  return { targetAverageUtilization: averageUtilization, targetAverageValue: averageValue };
}

function shareFromV1({ targetAverageUtilization, targetAverageValue }: Fields): Fields {
  const type = targetAverageUtilization === undefined ? 'AverageValue' : 'Utilization';
  return { type, averageUtilization: targetAverageUtilization, averageValue: targetAverageValue };
}

const STATUSES: Shapes = {
  object: {
    toV1: ({ describedObject, metric, current }) => ({
      target: describedObject,
      metricName: part({ metric }, 'metric')['name'],
      currentValue: part({ current }, 'current')['value'] ?? NO_AMOUNT,
      selector: part({ metric }, 'metric')['selector'],
      averageValue: part({ current }, 'current')['averageValue'],
    }),
    fromV1: ({ target, metricName: name, currentValue: value, selector, averageValue }) => ({
      describedObject: target,
      metric: { name, selector },
      current: { value, averageValue },
    }),
  },
  pods: {
    toV1: ({ metric, current }) => ({
      metricName: part({ metric }, 'metric')['name'],
      currentAverageValue: part({ current }, 'current')['averageValue'] ?? NO_AMOUNT,
      selector: part({ metric }, 'metric')['selector'],
    }),
    fromV1: ({ metricName: name, selector, currentAverageValue: averageValue }) => ({
      metric: { name, selector },
      current: { averageValue },
    }),
  },
  resource: {
    toV1: ({ name, current }) => ({ name, ...usedToV1(current) }),
    fromV1: ({ name, ...current }) => ({ name, current: usedFromV1(current) }),
  },
  containerResource: {
    toV1: ({ name, container, current }) => ({ name, ...usedToV1(current), container }),
    fromV1: ({ name, container, ...current }) => ({ name, container, current: usedFromV1(current) }),
  },
  external: {
    toV1: ({ metric, current }) => ({
      metricName: part({ metric }, 'metric')['name'],
      metricSelector: part({ metric }, 'metric')['selector'],
      currentValue: part({ current }, 'current')['value'] ?? NO_AMOUNT,
      currentAverageValue: part({ current }, 'current')['averageValue'],
    }),
    fromV1: ({
      metricName: name,
      metricSelector: selector,
      currentValue: value,
      currentAverageValue: averageValue,
    }) => ({
      metric: { name, selector },
      current: { value, averageValue },
    }),
  },
};

function usedToV1(current: unknown): Fields {
  const { averageUtilization, averageValue } = part({ current }, 'current');
  return { currentAverageUtilization: averageUtilization, currentAverageValue: averageValue ?? NO_AMOUNT };
}

function usedFromV1({ currentAverageUtilization, currentAverageValue }: Fields): Fields {
  return { averageUtilization: currentAverageUtilization, averageValue: currentAverageValue };
}

const LISTS = {
  MetricSpec: SPECS,
  MetricStatus: STATUSES,
} as const;

/** A list of metrics of autoscaling/v2 as JSON of the shape that v1 has. */
export function metricsToV1(list: readonly unknown[], of: keyof typeof LISTS): string {
  const items = list.filter(isJsonObject).map((item) => {
    const source = Object.keys(LISTS[of]).find((name) => isJsonObject(item[name]));
    if (source === undefined) return { type: item['type'] };
    return { type: item['type'], [source]: LISTS[of][source]?.toV1(part(item, source)) };
  });
  return JSON.stringify(items);
}

/** The list again, as v2 has it; undefined for a text that is none. */
export function metricsFromV1(text: string | undefined, of: keyof typeof LISTS): unknown[] | undefined {
  const list = parsed(text);
  if (!Array.isArray(list) || !list.every(isJsonObject)) return undefined;
  const items = list.map((item) => {
    const source = Object.keys(LISTS[of]).find((name) => isJsonObject(item[name]));
    if (source === undefined) return { type: item['type'] };
    return { type: item['type'], [source]: LISTS[of][source]?.fromV1(part(item, source)) };
  });
  return decodedList(items, `io.k8s.api.autoscaling.v2.${of}`);
}

/** JSON from outside; undefined for what is none. */
export function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A list of what a definition describes; undefined if one of them is not, or there is none. */
export function decodedList(items: readonly object[], definition: string): unknown[] | undefined {
  if (items.length === 0) return undefined;
  const decode = decoderOf(definition);
  try {
    return items.map((item) => decode(item, new Decoding()));
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

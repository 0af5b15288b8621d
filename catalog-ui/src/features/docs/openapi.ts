/** As much of an OpenAPI 3.1 document as the reference shows. */
export interface OpenApi {
  info: { title: string; version: string; description?: string };
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema> };
}

export interface Operation {
  operationId?: string;
  summary?: string;
  description?: string;
  tags?: string[];
  deprecated?: boolean;
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Record<string, { schema?: Schema }> };
  responses: Record<
    string,
    { description?: string; content?: Record<string, { schema?: Schema }> }
  >;
}

export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
}

export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  enum?: unknown[];
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  additionalProperties?: Schema | boolean;
}

export interface Listed {
  method: string;
  path: string;
  operation: Operation;
}

const methods = ['get', 'post', 'put', 'patch', 'delete'];

/** Operations by their first tag, in the order of the document. */
export function byTag(api: OpenApi, q: string): [tag: string, operations: Listed[]][] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map<string, Listed[]>();
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of methods) {
      const operation = item[method];
      if (!operation) continue;
      const text = `${method} ${path} ${operation.summary ?? ''}`.toLowerCase();
      if (!words.every((word) => text.includes(word))) continue;
      const tag = operation.tags?.[0] ?? '';
      groups.set(tag, [...(groups.get(tag) ?? []), { method, path, operation }]);
    }
  }
  return [...groups];
}

/** `Port`, of `#/components/schemas/Port`. */
export function refName(schema: Schema | undefined): string | null {
  return schema?.$ref?.split('/').at(-1) ?? null;
}

/** The schema itself, where another one only points at it. */
export function resolved(api: OpenApi, schema: Schema | undefined): Schema | undefined {
  const name = refName(schema);
  return name ? api.components?.schemas?.[name] : schema;
}

/** A type in a few words: `string`, `Port[]`, `integer (int64) or null`. */
export function typeInWords(schema: Schema | undefined): string {
  if (!schema) return 'any';
  const name = refName(schema);
  if (name) return name;
  const some = schema.oneOf ?? schema.anyOf;
  if (some) return some.map(typeInWords).join(' or ');
  if (schema.allOf) return schema.allOf.map(typeInWords).join(' and ');
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' or ');
  const types = Array.isArray(schema.type) ? schema.type : schema.type ? [schema.type] : [];
  const words = types.map((type) => {
    if (type === 'array') return `${typeInWords(schema.items)}[]`;
    return schema.format && type !== 'null' ? `${type} (${schema.format})` : type;
  });
  return words.join(' or ') || 'any';
}

export interface Field {
  name: string;
  type: string;
  required: boolean;
  description: string;
}

/** The fields of an object, those of all that it is made of together. */
export function fieldsOf(api: OpenApi, schema: Schema | undefined, depth = 0): Field[] {
  const whole = resolved(api, schema);
  if (!whole || depth > 4) return [];
  const own = Object.entries(whole.properties ?? {}).map(([name, field]) => ({
    name,
    type: typeInWords(field),
    required: whole.required?.includes(name) ?? false,
    description: field.description ?? '',
  }));
  const parts = [...(whole.allOf ?? []), ...(whole.oneOf ?? [])];
  return [...own, ...parts.flatMap((part) => fieldsOf(api, part, depth + 1))];
}

/** The call as curl makes it, with a token from the environment. */
export function curlOf(base: string, { method, path, operation }: Listed): string {
  const lines = [`curl '${base}${path}' \\`];
  if (method !== 'get') lines.push(`  -X ${method.toUpperCase()} \\`);
  if (operation.requestBody) {
    lines.push("  -H 'content-type: application/json' \\", "  -d '{}' \\");
  }
  lines.push('  -H "authorization: Bearer $WEFT_TOKEN"');
  return lines.join('\n');
}

/** Keys of customers. Here they are labels: what is stored is not encrypted with them. */

/** The providers of keys that Chroma knows. */
export const CmekProvider = { GCP: "gcp" } as const;

export type CmekProvider = (typeof CmekProvider)[keyof typeof CmekProvider];

const GCP_PATTERN = /^projects\/.+\/locations\/.+\/keyRings\/.+\/cryptoKeys\/.+$/;

/** The name of a key at its provider. */
export class Cmek {
  private constructor(
    /** Of a stored schema it may be another one. */
    readonly provider: CmekProvider,
    readonly resource: string,
  ) {}

  /** A key of Google's service: `projects/P/locations/L/keyRings/R/cryptoKeys/K`. */
  static gcp(resource: string): Cmek {
    return new Cmek(CmekProvider.GCP, resource);
  }

  /** Whether the name has its provider's form. */
  validatePattern(): boolean {
    return (this.provider as string) === CmekProvider.GCP && GCP_PATTERN.test(this.resource);
  }

  toJSON(): Record<string, unknown> {
    return { [this.provider]: this.resource };
  }

  static fromJSON(data: Record<string, unknown>): Cmek {
    if (typeof data.gcp === "string") {
      return Cmek.gcp(data.gcp);
    }
    throw new Error(`Unsupported or missing CMEK provider in data: ${JSON.stringify(data)}`);
  }

  /** As {@link fromJSON}, of a schema that is stored: keys of other providers are kept as they are. */
  static fromStored(data: Record<string, unknown>): Cmek {
    const [member] = Object.entries(data);
    const [provider, resource] = member ?? [];
    return typeof resource === "string" ? new Cmek(provider as CmekProvider, resource) : Cmek.fromJSON(data);
  }
}

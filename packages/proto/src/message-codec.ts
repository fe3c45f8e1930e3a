// What is generated for each message of the protocol. The generator writes these types once into
// every file and exports none of them; scripts/generate.mjs makes it import them from here instead.
import type { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

/** Any part of a message; what is left out has its proto3 default. A uint64 may be a number or a string. */
export type DeepPartial<Value> = Value extends bigint
  ? string | number | bigint
  : Value extends Uint8Array | string | number | boolean | undefined
    ? Value
    : Value extends readonly (infer Item)[]
      ? readonly DeepPartial<Item>[]
      : Value extends { $case: string; value: unknown }
        ? { $case: Value["$case"]; value?: DeepPartial<Value["value"]> }
        : { [Key in keyof Value]?: DeepPartial<Value[Key]> };

/** Encodes, decodes and makes messages of one type. */
export interface MessageCodec<Message> {
  /**
   * Writes a message in the order of its fields' numbers, fields that this version does not know
   * behind them; `finish()` of what it returns gives the bytes.
   *
   * Throws where a number does not fit its field.
   */
  encode(message: Message, writer?: BinaryWriter): BinaryWriter;
  /**
   * Reads a message; fields that this version does not know are kept and encoded again. With
   * `length` only so many bytes of a reader.
   *
   * Throws on bytes that are no message: cut short, or with an impossible tag. Bytes of a message of
   * another type often are one of this type, too.
   */
  decode(input: BinaryReader | Uint8Array, length?: number): Message;
  /** As {@link fromPartial}, or the empty message. */
  create(base?: DeepPartial<Message>): Message;
  /** A message with every field, those that were left out with their proto3 defaults. */
  fromPartial(object: DeepPartial<Message>): Message;
}

using System.Text.Json.Nodes;
using GenAgent.Torch.Safetensors;
using GenAgent.Torch.Tests.Golden;
using GenAgent.Torch.Tests.Packed;

namespace GenAgent.Torch.Tests.Safetensors;

/// <summary>Makes a checkpoint as ComfyUI keeps scaled fp8: matrices in fp8 with a factor each, the rest in bf16, a prefix before all.</summary>
internal static class ScaledFp8
{
    private static readonly (float Value, byte Code)[] Codes = [.. Enumerable.Range(0, 0x7F)
        .Select(code => (PackedReference.Decode(GenAgent.Torch.Packed.PackedFormat.E4M3, [(byte)code]).Single(), (byte)code))];

    public static byte[] Of(IWeightSource source, string prefix)
    {
        var header = new JsonObject();
        var data = new List<byte>();
        Add("scaled_fp8", "F8_E4M3", [0], []);
        foreach (var entry in source.Entries.Values)
        {
            using var tensor = source.Read(entry.Name, TorchSharp.torch.ScalarType.Float32);
            var values = Compare.Floats(tensor);
            if (entry.Shape.Count != 2)
            {
                Add(
                    entry.Name,
                    "BF16",
                    entry.Shape,
                    [.. values.SelectMany(value => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)))]);
                continue;
            }

            var scale = Math.Max(values.Max(Math.Abs) / 448, 1e-8f);
            Add(entry.Name, "F8_E4M3", entry.Shape, [.. values.Select(value => Nearest(value / scale))]);
            Add(entry.Name.Replace(".weight", ".scale_weight", StringComparison.Ordinal), "F32", [], BitConverter.GetBytes(scale));
        }

        return RawFile.Bytes(header.ToJsonString(), [.. data]);

        void Add(string name, string type, IReadOnlyList<long> shape, byte[] bytes)
        {
            header[prefix + name] = new JsonObject
            {
                ["dtype"] = type, ["shape"] = new JsonArray([.. shape.Select(side => JsonValue.Create(side))]),
                ["data_offsets"] = new JsonArray(data.Count, data.Count + bytes.Length),
            };
            data.AddRange(bytes);
        }
    }

    private static byte Nearest(float value)
    {
        var (low, high) = (0, Codes.Length - 1);
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            if (Codes[middle].Value <= Math.Abs(value)) low = middle;
            else high = middle;
        }

        var nearest = Math.Abs(value) - Codes[low].Value < Codes[high].Value - Math.Abs(value) ? low : high;
        return (byte)(Codes[nearest].Code | (value < 0 ? 0x80 : 0));
    }
}

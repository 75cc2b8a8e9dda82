using static TorchSharp.torch;

namespace GenAgent.Torch.Packed;

/// <summary>
/// Widens packed numbers with the operations of torch, so that every device does it. Source of the blocks' layouts: ggml's <c>ggml-quants.c</c>.
/// </summary>
internal static class PackedCodes
{
    private const int ScaleBytes = 12;

    /// <summary><c>[rows, columns]</c> in the given type.</summary>
    public static Tensor Widen(PackedWeight weight, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var (codes, rows) = (weight.Codes, weight.Codes.shape[0]);
        var wide = weight.Format switch
        {
            PackedFormat.E4M3 or PackedFormat.E5M2 => Floats(weight, dtype),
            PackedFormat.Q8_0 => Signed(codes) * Head(weight, 0),
            PackedFormat.Q4_K => Offset(weight, Nibbles(codes.narrow(2, ScaleBytes, 128), 32)),
            PackedFormat.Q5_K => Offset(weight, Nibbles(codes.narrow(2, ScaleBytes + 32, 128), 32).Plus(Bits(codes.narrow(2, ScaleBytes, 32), 8, 1), 16)),
            _ => Six(weight),
        };
        wide = wide.reshape(rows, -1);
        if (weight.Scale is { } scale && weight.Format is not (PackedFormat.E4M3 or PackedFormat.E5M2)) wide = wide * scale;
        return wide.to(dtype).MoveToOuterDisposeScope();
    }

    // Each code is looked up in a table; a single scale is multiplied into the table.
    private static Tensor Floats(PackedWeight weight, ScalarType dtype)
    {
        var values = weight.Format == PackedFormat.E4M3 ? Safetensors.TensorBytes.E4M3 : Safetensors.TensorBytes.E5M2;
        var table = tensor(values.ToArray(), device: weight.Device);
        var isOne = weight.Scale?.numel() == 1;
        if (isOne) table = table * weight.Scale!.view(1);
        if (isOne || weight.Scale is null) table = table.to(dtype);
        var wide = table.index_select(0, weight.Codes.view(-1).to(ScalarType.Int32)).view(weight.Codes.shape[0], -1);
        return weight.Scale is null || isOne ? wide : wide * weight.Scale;
    }

    // Blocks of 8 x 32: a 6-bit scale and a 6-bit offset for each 32, in 12 bytes.
    private static Tensor Offset(PackedWeight weight, Tensor numbers)
    {
        var (rows, blocks) = (weight.Codes.shape[0], weight.Codes.shape[1]);
        var parts = weight.Codes.narrow(2, 0, ScaleBytes).view(rows, blocks, 3, 4);
        var (low, offsets, high) = (parts.select(2, 0), parts.select(2, 1), parts.select(2, 2));
        var scale = cat([And(low, 0x3F), Or(And(high, 0x0F), And(Right(low, 2), 0x30))], -1);
        var offset = cat([And(offsets, 0x3F), Or(Right(high, 4), And(Right(offsets, 2), 0x30))], -1);
        return ((Wide(scale) * Head(weight, 0)).unsqueeze(-1) * numbers) - (Wide(offset) * Head(weight, 1)).unsqueeze(-1);
    }

    // Blocks of 16 x 16: 4 low bits, 2 high bits, a signed scale for each 16.
    private static Tensor Six(PackedWeight weight)
    {
        var (rows, blocks) = (weight.Codes.shape[0], weight.Codes.shape[1]);
        var numbers = Nibbles(weight.Codes.narrow(2, 0, 128), 64)
            .view(rows, blocks, 8, 32)
            .Plus(Bits(weight.Codes.narrow(2, 128, 64), 4, 2).view(rows, blocks, 8, 32), 16)
            .Minus(32);
        var scale = Signed(weight.Codes.narrow(2, 192, 16)) * Head(weight, 0);
        return scale.unsqueeze(-1) * numbers.reshape(rows, blocks, 16, 16);
    }

    // For each run of bytes, first all low halves, then all high halves: [rows, blocks, runs * 2, run].
    private static Tensor Nibbles(Tensor bytes, int run)
    {
        var runs = bytes.reshape(bytes.shape[0], bytes.shape[1], -1, 1, run);
        return Wide(cat([And(runs, 0x0F), Right(runs, 4)], 3)).view(bytes.shape[0], bytes.shape[1], -1, run);
    }

    // Of each run of 32 bytes the lowest bits of all, then the next ones, and so on: [rows, blocks, runs * times, 32].
    private static Tensor Bits(Tensor bytes, int times, int width)
    {
        var runs = bytes.reshape(bytes.shape[0], bytes.shape[1], -1, 1, 32);
        var shifts = tensor([.. Enumerable.Range(0, times).Select(place => (byte)(place * width))], dtype: ScalarType.Byte, device: bytes.device)
            .view(1, 1, 1, times, 1);
        return Wide(And(runs.bitwise_right_shift(shifts), (1 << width) - 1)).view(bytes.shape[0], bytes.shape[1], -1, 32);
    }

    private static Tensor Head(PackedWeight weight, int index) => weight.Heads!.narrow(2, index, 1).to(ScalarType.Float32);

    private static Tensor Wide(Tensor bytes) => bytes.to(ScalarType.Float32);

    private static Tensor Signed(Tensor bytes) => Wide(bytes) - Wide(And(bytes, 0x80)).Times(2);

    private static Tensor And(Tensor bytes, int mask) => bytes.bitwise_and(tensor((byte)mask, dtype: ScalarType.Byte, device: bytes.device));

    private static Tensor Or(Tensor left, Tensor right) => left.bitwise_or(right);

    private static Tensor Right(Tensor bytes, int places) => bytes.bitwise_right_shift(tensor((byte)places, dtype: ScalarType.Byte, device: bytes.device));
}

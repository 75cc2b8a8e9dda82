using System.Buffers.Binary;

namespace GenAgent.Torch.Tokenizers.Formats;

/// <summary>Reads the fields of one protobuf message, checked against its length.</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>The number of the field last read.</summary>
    public int Field { get; private set; }

    /// <summary>The value of a numeric field.</summary>
    public ulong Number { get; private set; }

    /// <summary>The bytes of a text, bytes or message field; empty for numbers.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Reads the next field; false at the end of the message.</summary>
    /// <exception cref="InvalidDataException">The message is damaged.</exception>
    public bool Next()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        var tag = Varint();
        Field = (int)Math.Min(tag >> 3, int.MaxValue);
        Bytes = default;
        Number = (tag & 7) switch
        {
            0 => Varint(),
            1 => BinaryPrimitives.ReadUInt64LittleEndian(Take(8)),
            2 => 0,
            5 => BinaryPrimitives.ReadUInt32LittleEndian(Take(4)),
            _ => throw new InvalidDataException("The protobuf message has a field of an unknown kind."),
        };
        if ((tag & 7) == 2)
        {
            Bytes = Take(Varint());
        }

        return true;
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)_rest.Length)
        {
            throw new InvalidDataException("The protobuf message was cut off.");
        }

        var taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }

    private ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var part = Take(1)[0];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("The protobuf message holds a number of more than 64 bits.");
    }
}

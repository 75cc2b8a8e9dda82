using System.Text;

namespace GenAgent.TestKit;

/// <summary>Damages valid files at random, in the ways that files are damaged and attacked. The same seed always gives the same damage.</summary>
public sealed class Mutator(int seed)
{
    private static readonly byte[][] Splices =
    [
        .. new[]
        {
            "0", "-1", "1e999", "9223372036854775807", "18446744073709551616", "2147483648", "4294967296", "null", "true", "\"\"", "[]", "{}", "[[[[[[[[",
            "{\"a\":{\"a\":", "\\ud800", "\\u0000", ",", ":", "\"", "\0", "-0.0", "1.5", "[0,0]", "[1,0]", "\"F64\"", "\"U8\"", "\"type\":\"Sequence\",",
            "{9,99999999}", "(((((a*)*)*)*)*",
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
    ];

    private readonly Random _random = new(seed);

    /// <summary>The bytes with one to four damages.</summary>
    public byte[] Mutate(byte[] valid)
    {
        var bytes = valid.ToList();
        for (var edits = 1 + _random.Next(4); edits > 0; edits--)
        {
            var at = bytes.Count == 0 ? 0 : Position(bytes.Count);
            switch (_random.Next(8))
            {
                case 0 when bytes.Count > 0:
                    bytes[at] ^= (byte)(1 << _random.Next(8));
                    break;
                case 1 when bytes.Count > 0:
                    bytes[at] = (byte)_random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(_random.Next(1, 40), bytes.Count - at));
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(_random.Next(1, 60), bytes.Count - at)));
                    break;
                case 4:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 5 when bytes.Count > 0:
                    // A digit more or less turns sizes and offsets into others.
                    var digit = bytes.FindIndex(at, static value => value is >= (byte)'0' and <= (byte)'9');
                    if (digit >= 0)
                    {
                        bytes[digit] = (byte)('0' + _random.Next(10));
                    }

                    break;
                default:
                    var splice = Splices[_random.Next(Splices.Length)];
                    bytes.RemoveRange(at, Math.Min(_random.Next(0, splice.Length + 3), bytes.Count - at));
                    bytes.InsertRange(at, splice);
                    break;
            }
        }

        return [.. bytes];
    }

    // Headers are where the damage tells: half of the edits fall into the first kilobyte.
    private int Position(int length) => _random.Next(2) == 0 ? _random.Next(Math.Min(length, 1024)) : _random.Next(length);
}

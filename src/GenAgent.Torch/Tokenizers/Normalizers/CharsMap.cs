using System.Buffers.Binary;
using System.Text;

namespace GenAgent.Torch.Tokenizers.Normalizers;

/// <summary>sentencepiece's precompiled character map: a double-array trie over UTF-8 bytes, and the texts that it points to.</summary>
/// <remarks>Layout: length of the trie in bytes, the trie's 32-bit units, NUL-ended replacement texts.</remarks>
internal sealed class CharsMap
{
    private readonly uint[] _units;
    private readonly string[] _replacements;
    private readonly Dictionary<int, int> _replacementAt = [];

    /// <summary>Reads the map from its bytes.</summary>
    /// <exception cref="InvalidDataException">The bytes are no character map.</exception>
    public CharsMap(ReadOnlySpan<byte> blob)
    {
        if (blob.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(blob) is var size && (size % 4 != 0 || size > blob.Length - 4))
        {
            throw new InvalidDataException("The precompiled character map is damaged: its trie does not fit into it.");
        }

        _units = new uint[size / 4];
        for (var i = 0; i < _units.Length; i++)
        {
            _units[i] = BinaryPrimitives.ReadUInt32LittleEndian(blob[(4 + (i * 4))..]);
        }

        _replacements = ReadReplacements(blob[(4 + (int)size)..]);
    }

    /// <summary>Looks for keys that begin the bytes; of several the shortest or the longest.</summary>
    /// <returns>Whether there is one whose replacement is known; its length and replacement.</returns>
    public bool TryMatch(ReadOnlySpan<byte> text, bool longest, out int length, out string replacement)
    {
        length = 0;
        replacement = "";
        var found = false;
        if (_units.Length == 0)
        {
            return false;
        }

        var node = Offset(_units[0]);
        for (var i = 0; i < text.Length && text[i] != 0; i++)
        {
            node ^= text[i];
            if (node >= (uint)_units.Length || (_units[node] & 0x8000_00FFu) != text[i])
            {
                break;
            }

            var unit = _units[node];
            node ^= Offset(unit);
            var isKey = (unit & 0x100) != 0;
            if (isKey && node < (uint)_units.Length && _replacementAt.TryGetValue((int)(_units[node] & 0x7FFF_FFFF), out var index))
            {
                found = true;
                length = i + 1;
                replacement = _replacements[index];
                if (!longest)
                {
                    break;
                }
            }
        }

        return found;
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & 0x200) >> 6);

    private string[] ReadReplacements(ReadOnlySpan<byte> texts)
    {
        // A key may point into the middle of a text, so every start offset is looked up directly.
        var list = new List<string>();
        var ends = new List<int>();
        for (var i = 0; i < texts.Length; i++)
        {
            if (texts[i] == 0)
            {
                ends.Add(i);
            }
        }

        foreach (var unit in _units)
        {
            var start = (int)(unit & 0x7FFF_FFFF);
            if ((unit >> 31) == 0 || start >= texts.Length || _replacementAt.ContainsKey(start) || (start > 0 && texts[start - 1] != 0))
            {
                continue;
            }

            var found = ends.BinarySearch(start);
            var next = found >= 0 ? found : ~found;
            _replacementAt.Add(start, list.Count);
            list.Add(Encoding.UTF8.GetString(texts[start..(next < ends.Count ? ends[next] : texts.Length)]));
        }

        return [.. list];
    }
}

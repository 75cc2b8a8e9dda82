using System.Buffers.Binary;
using System.Text;

namespace GenAgent.Torch.Native;

/// <summary>Reads and edits the parts of a 64-bit little-endian ELF shared library that concern symbol versioning.</summary>
/// <remarks>Every offset is checked against the file's length, so that a damaged file gives <see cref="InvalidDataException"/>.</remarks>
internal sealed class ElfImage
{
    private const int SectionDynamicSymbols = 11;
    private const int SectionVersionNeeds = 0x6ffffffe;
    private const int SymbolSize = 24;

    private readonly byte[] _bytes;
    private readonly Section _strings;
    private readonly Section _symbols;
    private readonly Section _needs;

    public ElfImage(byte[] bytes)
    {
        _bytes = bytes;
        if (bytes.Length < 64 || !bytes.AsSpan(0, 4).SequenceEqual("\u007fELF"u8) || bytes[4] != 2 || bytes[5] != 1)
        {
            throw new InvalidDataException("Not a 64-bit little-endian ELF file.");
        }

        var sections = ReadSections();
        _symbols = Single(sections, SectionDynamicSymbols, ".dynsym");
        _needs = Single(sections, SectionVersionNeeds, ".gnu.version_r");
        if (_symbols.Link != _needs.Link || _symbols.Link >= sections.Length)
        {
            throw new InvalidDataException("ELF file: .dynsym and .gnu.version_r do not share one string table.");
        }

        _strings = sections[_symbols.Link];
    }

    /// <summary>Where each dynamic symbol's name begins, relative to .dynstr.</summary>
    public IEnumerable<int> SymbolNames()
    {
        for (var at = 0; at + SymbolSize <= _symbols.Size; at += SymbolSize)
        {
            yield return Int32(_symbols.Offset + at);
        }
    }

    /// <summary>All symbol versions that the library requires from others, in file order.</summary>
    public IReadOnlyList<VersionNeed> VersionNeeds()
    {
        var needs = new List<VersionNeed>();
        var file = 0;
        for (var more = true; more;)
        {
            var fileName = StringAt(Int32(Within(file, 16) + 4));
            var entry = checked(file + Int32(Within(file, 16) + 8));
            for (var moreEntries = true; moreEntries;)
            {
                var at = Within(entry, 16);
                if (needs.Count == ushort.MaxValue)
                {
                    throw new InvalidDataException("ELF file: .gnu.version_r names more versions than there can be.");
                }

                needs.Add(new VersionNeed(fileName, StringAt(Int32(at + 8)), Offset: at, NameOffset: Int32(at + 8), Hash: Int32(at)));
                var nextEntry = Int32(at + 12);
                moreEntries = nextEntry > 0;
                entry = checked(entry + nextEntry);
            }

            var nextFile = Int32(Within(file, 16) + 12);
            more = nextFile > 0;
            file = checked(file + nextFile);
        }

        return needs;
    }

    /// <summary>The string that begins at an offset of .dynstr.</summary>
    public string StringAt(int offset)
    {
        if (offset < 0 || offset >= _strings.Size)
        {
            throw new InvalidDataException($"ELF file: string offset {offset} is outside .dynstr ({_strings.Size} bytes).");
        }

        var rest = _bytes.AsSpan(_strings.Offset + offset, _strings.Size - offset);
        var length = rest.IndexOf((byte)0);
        return length < 0
            ? throw new InvalidDataException("ELF file: .dynstr does not end in a NUL.")
            : Encoding.ASCII.GetString(rest[..length]);
    }

    /// <summary>Overwrites the string at an offset of .dynstr by one no longer than it, filled up with NULs.</summary>
    public void OverwriteString(int offset, string replacement)
    {
        var room = StringAt(offset).Length;
        if (replacement.Length > room)
        {
            throw new ArgumentException($"It is longer than the {room} bytes that it overwrites.", nameof(replacement));
        }

        var target = _bytes.AsSpan(_strings.Offset + offset, room);
        target.Clear();
        Encoding.ASCII.GetBytes(replacement, target);
    }

    /// <summary>Makes one version requirement name another version of the same library.</summary>
    public void Redirect(VersionNeed from, VersionNeed to)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(from.Offset), to.Hash);
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(from.Offset + 8), to.NameOffset);
    }

    private Section[] ReadSections()
    {
        var table = BinaryPrimitives.ReadInt64LittleEndian(_bytes.AsSpan(40));
        int size = BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(58));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(60));
        if (size < 64 || table < 0 || table > _bytes.Length - ((long)size * count))
        {
            throw new InvalidDataException("ELF file: the section table is outside the file.");
        }

        var sections = new Section[count];
        for (var i = 0; i < count; i++)
        {
            var header = _bytes.AsSpan((int)table + (i * size), 64);
            var type = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
            var offset = BinaryPrimitives.ReadInt64LittleEndian(header[24..]);
            var length = BinaryPrimitives.ReadInt64LittleEndian(header[32..]);
            const int NoBits = 8;
            if (type == NoBits)
            {
                length = 0;
                offset = 0;
            }

            if (offset < 0 || length < 0 || offset > _bytes.Length || length > _bytes.Length - offset)
            {
                throw new InvalidDataException($"ELF file: section {i} is outside the file.");
            }

            sections[i] = new Section(type, (int)offset, (int)length, BinaryPrimitives.ReadInt32LittleEndian(header[40..]));
        }

        return sections;
    }

    private static Section Single(Section[] sections, int type, string name)
    {
        foreach (var section in sections)
        {
            if (section.Type == type)
            {
                return section.Link >= 0 ? section : throw new InvalidDataException($"ELF file: {name} has no string table.");
            }
        }

        throw new InvalidDataException($"ELF file: no {name} section.");
    }

    private int Within(int offset, int length) =>
        offset >= 0 && offset <= _needs.Size - length
            ? _needs.Offset + offset
            : throw new InvalidDataException("ELF file: .gnu.version_r points outside itself.");

    private int Int32(int at) => BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(at));

    private sealed record Section(int Type, int Offset, int Size, int Link);

    /// <summary>A version of a library that the file requires.</summary>
    internal sealed record VersionNeed(string Library, string Version, int Offset, int NameOffset, int Hash);
}

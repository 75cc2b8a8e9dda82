using System.Text;
using GenAgent.Torch.Safetensors;

namespace GenAgent.Torch.Tests.Safetensors;

public sealed class SafetensorsHeaderTests
{
    public static TheoryData<string, string, int, string> Malformed => new()
    {
        { "empty", "", 0, "does not begin" },
        { "blank first", " {}", 0, "does not begin" },
        { "array", "[]", 0, "does not begin" },
        { "cut JSON", """{"a":{"dtype":"U8","shape":[1],""", 1, "not valid JSON" },
        { "text after the object", "{} x", 0, "not valid JSON" },
        { "two objects", "{}{}", 0, "not valid JSON" },
        { "comment", "{/**/}", 0, "not valid JSON" },
        { "trailing comma", """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},}""", 1, "not valid JSON" },
        { "NaN", """{"a":{"dtype":"U8","shape":[NaN],"data_offsets":[0,1]}}""", 1, "not valid JSON" },
        { "entry is no object", """{"a":1}""", 0, "StartObject expected" },
        { "metadata is no object", """{"__metadata__":[]}""", 0, "StartObject expected" },
        { "metadata value is no text", """{"__metadata__":{"a":1}}""", 0, "String expected" },
        { "metadata key twice", """{"__metadata__":{"a":"1","a":"2"}}""", 0, "two values" },
        { "metadata twice", """{"__metadata__":{},"__metadata__":{}}""", 0, "Two __metadata__" },
        { "unknown dtype", """{"a":{"dtype":"F12","shape":[1],"data_offsets":[0,1]}}""", 1, "unknown dtype" },
        { "dtype is no text", """{"a":{"dtype":1,"shape":[1],"data_offsets":[0,1]}}""", 1, "String expected" },
        { "unknown key", """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}}""", 1, "unknown or repeated key" },
        { "key twice", """{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, "unknown or repeated key" },
        { "no shape", """{"a":{"dtype":"U8","data_offsets":[0,1]}}""", 1, "needs dtype, shape" },
        { "no offsets", """{"a":{"dtype":"U8","shape":[1]}}""", 1, "needs dtype, shape" },
        { "one offset", """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}""", 1, "needs dtype, shape" },
        { "three offsets", """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}""", 1, "needs dtype, shape" },
        { "negative size", """{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}""", 1, "whole numbers" },
        { "broken size", """{"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}}""", 1, "whole numbers" },
        { "size beyond 63 bits", """{"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,1]}}""", 1, "whole numbers" },
        { "size as text", """{"a":{"dtype":"U8","shape":["1"],"data_offsets":[0,1]}}""", 1, "whole numbers" },
        { "nested shape", """{"a":{"dtype":"U8","shape":[[1]],"data_offsets":[0,1]}}""", 1, "whole numbers" },
        { "negative offset", """{"a":{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}}""", 1, "whole numbers" },
        { "end before begin", """{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}""", 1, "before its begin" },
        { "size and offsets differ", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "need 8" },
        { "product overflows", """{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "too large" },
        { "product overflows beside a zero", """{"a":{"dtype":"F32","shape":[0,4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "too large" },
        { "past the end", """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", 1, "cut off" },
        { "far past the end", """{"a":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]}}""", 1, "cut off" },
        {
            "overlap",
            """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}""",
            3,
            "inside the tensor before"
        },
        {
            "same bytes twice",
            """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""",
            2,
            "inside the tensor before"
        },
        {
            "hole between",
            """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}""",
            3,
            "belong to no tensor"
        },
        { "hole at the begin", """{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "belong to no tensor" },
        { "bytes left over", """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 2, "belong to no tensor" },
        {
            "name twice",
            """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""",
            2,
            "Two tensors are named \"a\""
        },
        {
            "name twice by escape",
            """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0061":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""",
            2,
            "Two tensors are named \"a\""
        },
        { "lone surrogate", """{"\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, "surrogate" },
        { "deep", string.Concat(Enumerable.Repeat("""{"a":""", 100_000)), 0, "unknown or repeated key" },
        { "deep metadata", """{"__metadata__":{"a":""" + new string('[', 100_000), 0, "String expected" },
        { "deep array", """{"a":{"dtype":"U8","shape":""" + new string('[', 100_000), 0, "whole numbers" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Malformed_header_is_refused_with_its_fault(string why, string json, int dataLength, string message)
    {
        why.ShouldNotBeEmpty();
        Should.Throw<SafetensorsException>(() => SafetensorsHeader.Parse(Encoding.UTF8.GetBytes(json), dataLength))
            .Message.ShouldContain(message);
    }

    [Fact]
    public void Header_that_is_not_utf8_is_refused() =>
        Should.Throw<SafetensorsException>(() => SafetensorsHeader.Parse([(byte)'{', (byte)'"', 0xff, (byte)'"', (byte)'}'], 0))
            .Message.ShouldContain("UTF-8");

    [Fact]
    public void Long_names_do_not_make_long_messages()
    {
        var json = $$$"""{"{{{new string('x', 1_000_000)}}}":{"dtype":"F32","shape":[1],"data_offsets":[0,3]}}""";

        Should.Throw<SafetensorsException>(() => SafetensorsHeader.Parse(Encoding.UTF8.GetBytes(json), 3)).Message.Length.ShouldBeLessThan(500);
    }

    [Fact]
    public void Unusual_but_valid_header_is_read()
    {
        var json = """{"z":{"shape":[],"data_offsets":[0,4],"dtype":"F32"},"__metadata__":{"note":"\u00e4"},"empty":{"dtype":"I64","shape":[3,0],"data_offsets":[4,4]},"a":{"dtype":"BOOL","shape":[1,1],"data_offsets":[4,5]}}   """;

        var header = SafetensorsHeader.Parse(Encoding.UTF8.GetBytes(json), 5);

        header.Entries.Keys.ShouldBe(["z", "empty", "a"]);
        header.Entries["z"].Shape.ShouldBeEmpty();
        header.Entries["z"].ElementCount.ShouldBe(1);
        header.Entries["empty"].ElementCount.ShouldBe(0);
        header.Metadata["note"].ShouldBe("ä");
    }

    [Fact]
    public void Header_without_tensors_is_valid() => SafetensorsHeader.Parse("{}"u8, 0).Entries.ShouldBeEmpty();
}

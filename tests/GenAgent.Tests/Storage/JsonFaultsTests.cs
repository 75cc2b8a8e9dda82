using System.Text.Json;
using GenAgent.Storage;

namespace GenAgent.Tests.Storage;

public sealed class JsonFaultsTests
{
    [Fact]
    public void A_value_of_the_wrong_kind_is_told_without_a_type_of_NET_with_and_without_its_path()
    {
        var located = Should.Throw<JsonException>(() => JsonSerializer.Deserialize<int[]>("[1, \"two\"]")).Message;

        JsonFaults.InWords(located).ShouldBe("the value at $[1] is of the wrong kind (line 1, byte 10)", located);
        JsonFaults.InWords("The JSON value could not be converted to System.Int32.").ShouldBe("the value is of the wrong kind.");
    }
}

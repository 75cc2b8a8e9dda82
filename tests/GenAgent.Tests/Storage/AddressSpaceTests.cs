using GenAgent.Storage;

namespace GenAgent.Tests.Storage;

public sealed class AddressSpaceTests
{
    [Theory]
    [InlineData("Max address space         2147483648           2147483648           bytes     ", "1000 200 30", 2147483648L - (1000 * 4096))]
    [InlineData("Max address space         unlimited            unlimited            bytes     ", "1000 200 30", null)]
    [InlineData("Max open files            1024                 4096                 files     ", "1000 200 30", null)]
    public void What_a_limit_leaves_is_read_from_what_Linux_says_of_the_process(string line, string pages, long? expected) =>
        AddressSpace.Free(["Limit                     Soft Limit           Hard Limit           Units     ", line], pages, 4096).ShouldBe(expected);
}

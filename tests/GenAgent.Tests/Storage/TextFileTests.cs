using System.IO.Pipes;
using System.Text;
using GenAgent.Storage;

namespace GenAgent.Tests.Storage;

public sealed class TextFileTests
{
    private const string Words = "a caf\u00e9 in T\u014dky\u014d";

    public static TheoryData<Encoding> Marked() =>
        [new UTF8Encoding(true), new UTF8Encoding(false), Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32];

    [Theory]
    [MemberData(nameof(Marked))]
    public void Text_is_read_as_its_mark_says(Encoding encoding)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a.txt"], Words, encoding);

        TextFile.Read(folder["a.txt"]).ShouldBe(Words);
    }

    [Theory]
    [InlineData("iso-8859-1")]
    [InlineData("utf-16 without a mark")]
    public void Bytes_that_are_no_text_are_refused_with_the_file_s_name(string encoding)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["a.txt"], encoding == "iso-8859-1" ? Encoding.Latin1.GetBytes("a caf\u00e9") : Encoding.Unicode.GetBytes("a cat"));

        Should.Throw<InvalidDataException>(() => TextFile.Read(folder["a.txt"])).Message.ShouldStartWith($"{folder["a.txt"]} is no UTF-8 text");
    }

    [Fact]
    public async Task A_stop_ends_the_wait_for_a_line_that_nobody_writes()
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.In);
        using var writer = new AnonymousPipeClientStream(PipeDirection.Out, pipe.ClientSafePipeHandle);
        using var reader = new StreamReader(pipe);
        using var stop = new CancellationTokenSource();
        await using var lines = TextFile.LinesAsync(reader, "standard input", stop.Token).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var waiting = lines.MoveNextAsync().AsTask();

        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(waiting.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));
        await writer.WriteAsync("\n"u8.ToArray(), TestContext.Current.CancellationToken);
    }
}

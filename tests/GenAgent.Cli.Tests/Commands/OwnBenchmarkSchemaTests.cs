using GenAgent.Evaluation.Published;
using NJsonSchema;

namespace GenAgent.Cli.Tests.Commands;

/// <summary>The published schema of a user's own prompts says what <c>eval run own</c> reads.</summary>
public sealed class OwnBenchmarkSchemaTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true, """{"prompt":"a cat"}""")]
    [InlineData(true, """{"id":"c1","category":"cats","prompt":"a cat","questions":["Is there a cat?"],"reference":"a cat that sleeps"}""")]
    [InlineData(true, """{"prompt":"two red cats","constraints":{"include":[{"class":"cat","count":2,"color":"red"}],"exclude":[{"class":"cat","count":3}]}}""")]
    [InlineData(false, """{"questions":["Is there a cat?"]}""")]
    [InlineData(false, """{"prompt":"a cat","question":"Is there a cat?"}""")]
    [InlineData(false, """{"prompt":"a cat","questions":"Is there a cat?"}""")]
    public async Task A_line_is_read_if_and_only_if_the_schema_accepts_it(bool isRight, string line)
    {
        var schema = await JsonSchema.FromFileAsync(
            Path.Combine(RepoFolder.Root, "docs", "schemas", "benchmark.schema.json"), TestContext.Current.CancellationToken);
        var path = _folder["own.jsonl"];
        await File.WriteAllTextAsync(path, line, TestContext.Current.CancellationToken);

        (schema.Validate(line).Count == 0).ShouldBe(isRight);
        if (isRight)
            OwnBenchmark.Read(path).Tasks.Count.ShouldBe(1);
        else
            Should.Throw<InvalidDataException>(() => OwnBenchmark.Read(path)).Message.ShouldContain("line 1");
    }
}

using System.Security.Cryptography;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Published;

namespace GenAgent.Evaluation.Tests.Published;

/// <summary>What is shipped is what was published: data to the byte, with its licence, and figures of others as their authors gave them.</summary>
public sealed class ShippedDataTests
{
    [Theory]
    [InlineData("geneval++/Geneval++.jsonl", "9c1216a3f6fe2d99e4ffd63f3a6dba71f3dd7ab30a7c09cb41f03629b35d3e8f")]
    [InlineData("imagine/Imagine.jsonl", "e22e33dd5e2722b9fedfb7ecddeb56841ec6ea93b3f0246a04d8dd374ab5a19e")]
    public void Shipped_prompts_are_the_published_ones_and_named_in_the_notice(string file, string sha256)
    {
        var root = RepoFolder.Root;

        Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(root, "benchmarks", file)))).ShouldBe(sha256);
        File.ReadAllLines(Path.Combine(root, "NOTICE"))
            .ShouldContain(line => line.Contains($"benchmarks/{file}", StringComparison.Ordinal) && line.Contains("Apache-2.0", StringComparison.Ordinal));
        Directory.EnumerateFiles(Path.Combine(root, "benchmarks"), "*", SearchOption.AllDirectories).Select(Path.GetFileName)
            .ShouldAllBe(name => !name!.Contains("wise", StringComparison.OrdinalIgnoreCase) && !name.Contains("geneval2", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("""{"prompt":null,"atom_count":1,"vqa_list":[]}""", "line 1: \"prompt\" is no text")]
    [InlineData("""{"prompt":"p","atom_count":1,"vqa_list":[["Are there cats?"]]}""", "line 1: an entry of \"vqa_list\" is no pair")]
    [InlineData("""{"prompt":"p","atom_count":1,"vqa_list":[["Are there cats?",null]]}""", "line 1: an entry of \"vqa_list\" is no pair")]
    public void A_line_of_GenEval2_that_lacks_something_is_named(string line, string why) =>
        Should.Throw<InvalidDataException>(() => GenEval2Benchmark.From(new BenchmarkFile("data.jsonl", line))).Message.ShouldContain(why);

    [Fact]
    public void Prompts_are_as_many_as_the_papers_say_in_the_columns_of_their_tables()
    {
        var (plus, imagine) = (GenEvalPlusBenchmark.Load(), ImagineBenchmark.Load());

        plus.Tasks.CountBy(t => t.Category, StringComparer.Ordinal).Select(c => c.Value).ShouldBe([40, 40, 40, 40, 40, 40, 40]);
        plus.Scoring.Columns.Select(c => c.Name).ShouldBe(["color", "count", "color/count", "color/pos", "pos/count", "pos/size", "multi-count"]);
        imagine.Scoring.Columns.Select(c => (c.Name, imagine.Tasks.Count(t => c.Categories.Contains(t.Category)))).ShouldBe(
            [("Attribute shift", 90), ("Hybridization", 60), ("Spatiotemporal", 60), ("Multi-Object", 60)]);
    }

    [Fact]
    public void Figures_of_others_are_those_that_their_authors_published()
    {
        static double[] Figures(IBenchmark benchmark) => [.. benchmark.Published.Select(p => p.Overall)];

        Figures(GenEvalPlusBenchmark.Load()).ShouldBe([0.782, 0.739, 0.725, 0.689, 0.668, 0.561, 0.325]);
        Figures(ImagineBenchmark.Load()).ShouldBe([8.56, 7.862, 7.803, 6.825, 6.072]);
        GenEvalPlusBenchmark.Load().Published[^1].Columns.ShouldBe([0.400, 0.600, 0.250, 0.250, 0.075, 0.400, 0.300]);

        using var own = new TemporaryFolder();
        var file = own["benchmark.json"];
        File.WriteAllText(file, """[{"Prompt":"p","Explanation":"e","Category":"time","Subcategory":"s","prompt_id":1}]""");
        Figures(WiseBenchmark.ReadLegacy([file])).ShouldBe([0.90, 0.82, 0.81, 0.72, 0.69, 0.55]);
        Figures(WiseBenchmark.ReadVerified([file])).ShouldBe([0.876]);
        File.WriteAllText(file, """{"prompt":"p","atom_count":1,"vqa_list":[["Are there any cats in the image?","Yes"]],"skills":["object"]}""");
        Figures(GenEval2Benchmark.Read(file)).ShouldBe([0.635]);
    }

    [Theory]
    [InlineData("openai:gpt-4.1-2025-04-14", "geneval++")]
    [InlineData("openai:gpt-4.1-2025-04-14", "imagine")]
    [InlineData("openai:gpt-4o-2024-05-13", "wise")]
    [InlineData("openai:Qwen/Qwen3.5-35B-A3B@http://localhost:8000/v1", "wise-verified")]
    [InlineData("openai:Qwen/Qwen3-VL-8B-Instruct@http://localhost:8000/v1", "geneval2")]
    public void The_judge_of_the_published_figures_is_named_with_its_version(string judge, string name)
    {
        using var own = new TemporaryFolder();
        var file = own["benchmark.json"];
        File.WriteAllText(file, name == "geneval2"
            ? """{"prompt":"p","atom_count":1,"vqa_list":[["Are there any cats in the image?","Yes"]],"skills":["object"]}"""
            : """[{"Prompt":"p","Explanation":"e","Category":"time","Subcategory":"s","prompt_id":1}]""");
        IBenchmark benchmark = name switch
        {
            "geneval++" => GenEvalPlusBenchmark.Load(),
            "imagine" => ImagineBenchmark.Load(),
            "wise" => WiseBenchmark.ReadLegacy([file]),
            "wise-verified" => WiseBenchmark.ReadVerified([file]),
            _ => GenEval2Benchmark.Read(file),
        };

        benchmark.OfficialJudge.ShouldBe(judge);
    }
}

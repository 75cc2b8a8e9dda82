using System.IO.Compression;
using System.Text.Json.Nodes;
using GenAgent.Generators.ComfyUI;
using GenAgent.Tests.Models.Http;

namespace GenAgent.Tests.Generators.ComfyUI;

public class ComfyWorkflowTests
{
    private const string Least = """{"1": {"class_type": "A", "inputs": {"text": "{{prompt}}"}}}""";

    [Theory]
    [InlineData("{\"1\": {\"class_type\": \"A\",\n \"inputs\": {", "is no JSON: line 2")]
    [InlineData("[]", "has no nodes")]
    [InlineData("{}", "has no nodes")]
    [InlineData("null", "has no nodes")]
    [InlineData("{\"nodes\": [], \"links\": []}", "Export (API)")]
    [InlineData("{\"1\": {\"inputs\": {}}}", "node \"1\" has no \"class_type\"")]
    [InlineData("{\"1\": {\"class_type\": \"A\"}}", "node \"1\" has no")]
    [InlineData("{\"1\": {\"class_type\": \"A\", \"inputs\": {\"a\": \"{{prompt}} {{sed}}\"}}}", "\"{{sed}}\" is unknown. Known: prompt,")]
    [InlineData("{\"1\": {\"class_type\": \"A\", \"inputs\": {}}}", "every image would show the same")]
    public void A_broken_workflow_is_told_with_the_place_and_what_to_do(string json, string reason) =>
        Should.Throw<InvalidDataException>(() => ComfyWorkflow.Parse(json, "my.json")).Message.ShouldSatisfyAllConditions(
            message => message.ShouldContain("my.json"),
            message => message.ShouldContain(reason));

    [Fact]
    public void A_workflow_file_is_found_by_its_path_and_a_missing_one_is_told_with_what_is_built_in()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["own.json"], $"{{\"prompt\": {Least}, \"client_id\": \"x\"}}");
        ComfyWorkflow.Find(folder["own.json"]).Fill(Values(("prompt", "cat")))["1"]!["inputs"]!["text"]!.GetValue<string>().ShouldBe("cat");

        Should.Throw<InvalidDataException>(() => ComfyWorkflow.Find(folder["none.json"])).Message.ShouldContain("Built in are: flux1-dev, qwen-image");
        ComfyWorkflow.Find("QWEN-image").ShouldBeSameAs(ComfyWorkflow.QwenImage);
    }

    [Fact]
    public void A_node_that_is_called_prompt_is_no_wrapper()
    {
        var workflow = ComfyWorkflow.Parse("""{"prompt": {"class_type": "A", "inputs": {"text": "{{prompt}}"}}}""", "x");

        workflow.Fill(Values(("prompt", "cat")))["prompt"]!["inputs"]!["text"]!.GetValue<string>().ShouldBe("cat");
    }

    [Fact]
    public void Values_take_their_place_as_numbers_or_inside_a_text_and_quotes_cannot_break_out()
    {
        var workflow = ComfyWorkflow.Parse("""
            {"1": {"class_type": "A", "inputs": {"text": "{{prompt}}", "seed": "{{seed}}", "name": "{{prompt}}-{{seed}}-{{guidance=3.5}}", "list": [["{{steps=20}}", 0]], "keep": 1.5}}}
            """, "x");

        var filled = workflow.Fill(Values(("prompt", "\"}, {{seed}}"), ("seed", 18446744073L)))["1"]!["inputs"]!;

        filled["text"]!.GetValue<string>().ShouldBe("\"}, {{seed}}");
        filled["seed"]!.GetValue<long>().ShouldBe(18446744073L);
        filled["name"]!.GetValue<string>().ShouldBe("\"}, {{seed}}-18446744073-3.5");
        filled["list"]![0]![0]!.GetValue<long>().ShouldBe(20);
        filled["keep"]!.GetValue<double>().ShouldBe(1.5);
    }

    [Theory]
    [InlineData("{{seed}}", "needs \"seed\"")]
    [InlineData("{{steps=many}}", "is no number")]
    public void A_value_that_nobody_gives_is_told(string placeholder, string reason)
    {
        var workflow = ComfyWorkflow.Parse(Least.Replace("{{prompt}}", $"{{{{prompt}}}}{placeholder}"), "x");

        Should.Throw<ArgumentException>(() => workflow.Fill(Values(("prompt", "p")))).Message.ShouldContain(reason);
    }

    // The recorded server's own list of nodes: what it would refuse is found here, without weights.
    [Theory]
    [InlineData("flux1-dev")]
    [InlineData("qwen-image")]
    public void A_built_in_workflow_fits_the_nodes_of_a_real_server(string name)
    {
        if (Recording.Files("comfyui", "object_info_full.json.gz").FirstOrDefault() is not { } path)
        {
            Recording.IsDefault.ShouldBeFalse("The repository's own recordings are missing.");
            return;
        }

        using var file = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        var known = JsonNode.Parse(file)!.AsObject();
        known = known["response"] is null ? known : JsonNode.Parse(Exchange.ReadBody(known["response"]!.AsObject()))!.AsObject();

        var nodes = ComfyWorkflow.Find(name).Fill(Values(("prompt", "p"), ("seed", 1L)));

        nodes.Count(node => known[node.Value!["class_type"]!.GetValue<string>()]!["output_node"]!.GetValue<bool>()).ShouldBe(1);
        foreach (var (id, node) in nodes)
        {
            var description = known[node!["class_type"]!.GetValue<string>()].ShouldNotBeNull(id);
            var inputs = node["inputs"]!.AsObject();
            var required = description["input"]!["required"]!.AsObject();
            inputs.Select(input => input.Key).ShouldBe(required.Select(input => input.Key), ignoreOrder: true, id);
            foreach (var (input, value) in inputs)
            {
                Check($"{id}.{input}", value!, required[input]![0]!, nodes, known);
            }
        }
    }

    private static void Check(string place, JsonNode value, JsonNode type, JsonObject nodes, JsonObject known)
    {
        if (value is JsonArray link)
        {
            var source = nodes[link[0]!.GetValue<string>()].ShouldNotBeNull(place);
            known[source["class_type"]!.GetValue<string>()]!["output"]![link[1]!.GetValue<int>()]!.GetValue<string>().ShouldBe(type.GetValue<string>(), place);
        }
        else if (type is JsonArray choices)
        {
            // Lists of files are empty on a server without weights; the others are the node's own words.
            if (choices.Count > 0 && !value.GetValue<string>().EndsWith(".safetensors", StringComparison.Ordinal))
            {
                choices.Select(choice => choice!.ToString()).ShouldContain(value.GetValue<string>(), place);
            }
        }
        else
        {
            value.GetValueKind()
                .ShouldBe(type.GetValue<string>() == "STRING" ? System.Text.Json.JsonValueKind.String : System.Text.Json.JsonValueKind.Number, place);
        }
    }

    private static Dictionary<string, object> Values(params (string Name, object Value)[] values) =>
        values.ToDictionary(value => value.Name, value => value.Value, StringComparer.Ordinal);
}

#[test]
fn kernels_agree_with_plain_sums() {
    super::selftest().unwrap();
}

// The topology has user.sign_up, and nobody wrote `SignUp`.
include!("shop/mod.rs");

fn main() {}

mod user {
    use pontoon::Resources;

    #[derive(Resources)]
    pub struct Resources;
}
